from datetime import timedelta
from typing import Any

from django import forms

from accounts.models import User
from api.models import Scope
from api.tokens.services import LONGEST, scopes_of


class TokenForm(forms.Form):
    name = forms.CharField(max_length=100, help_text="What will use it")
    scopes = forms.MultipleChoiceField(
        label="It may", choices=Scope.choices, initial=[Scope.READ], widget=forms.CheckboxSelectMultiple
    )
    days = forms.IntegerField(label="Days until it ends", min_value=1, max_value=LONGEST.days, initial=90)

    fields: dict[str, Any]  # each of a kind of its own

    def __init__(self, *args, owner: User, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [(scope.value, scope.label.capitalize()) for scope in scopes_of(owner)]

    def made_of(self) -> dict:
        """The arguments of `token_create`."""
        said = self.cleaned_data
        return {"name": said["name"], "scopes": said["scopes"], "valid": timedelta(days=said["days"])}
