from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from api.models import Scope
from api.tokens.services import LONGEST, scopes_of


class TokenForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("What will use it"))
    scopes = forms.MultipleChoiceField(
        label=_("It may"), choices=Scope.choices, initial=[Scope.READ], widget=forms.CheckboxSelectMultiple
    )
    days = forms.IntegerField(label=_("Days until it ends"), min_value=1, max_value=LONGEST.days, initial=90)

    fields: dict[str, Any]  # each of a kind of its own

    def __init__(self, *args, owner: User, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [(scope.value, gettext(scope.label).capitalize()) for scope in scopes_of(owner)]

    def made_of(self) -> dict:
        """The arguments of `token_create`."""
        said = self.cleaned_data
        return {"name": said["name"], "scopes": said["scopes"], "valid": timedelta(days=said["days"])}
