from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm, UserCreationForm
from django.contrib.auth.models import Group
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Link, User
from common.counting import of_people_q
from common.lists import ListForm


class PlainHints:
    """Django's list of rules in one line, and none for typing it again."""

    fields: dict[str, forms.Field]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        first, second = (name for name in self.fields if name[-1] in "12")
        self.fields[first].help_text = _("8 characters or more, no common password and not like the name")
        self.fields[second].label, self.fields[second].help_text = _("The same again"), ""


class JoinForm(PlainHints, UserCreationForm):
    class Meta:
        model = User
        fields = ("username",)
        labels = {"username": _("Name")}
        help_texts = {"username": _("To sign in with: letters, digits and @ . + - _; other annotators don't see it")}


class NewPasswordForm(PlainHints, SetPasswordForm):
    pass


class ChangePasswordForm(PlainHints, PasswordChangeForm):
    pass


class SearchForm(forms.Form):
    q = forms.CharField(required=False, max_length=100)
    group = forms.ModelChoiceField(Group.objects.order_by("name"), required=False, empty_label="all")


class LinkListForm(ListForm):
    """A link's state is read off the clock."""

    STATES = ("open", "revoked", "expired", "used up")

    def __init__(self, asked: Any) -> None:
        super().__init__(asked, states=[(state, state) for state in self.STATES])

    def in_state(self, state: str, column: str) -> Q:
        revoked, expired, used = Q(revoked_at__isnull=False), Q(expires_at__lte=Now()), Q(n_used__gte=F("places"))
        states = (~revoked & ~expired & ~used, revoked, ~revoked & expired, ~revoked & ~expired & used)
        return dict(zip(self.STATES, states, strict=True))[state]


class GroupsForm(forms.Form):
    groups = forms.ModelMultipleChoiceField(
        Group.objects.order_by("name"), required=False, widget=forms.CheckboxSelectMultiple, label="Groups"
    )


class LinkForm(forms.ModelForm):
    """Whom a link lets in, and where to."""

    fields: dict[str, Any]  # each of a kind of its own

    days = forms.IntegerField(label="Days until it ends", min_value=1, max_value=365, initial=14)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].queryset = Group.objects.order_by("name")
        self.fields["group"].empty_label = "none"
        studies = self.fields["study"].queryset
        self.fields["study"].queryset = studies.filter(of_people_q()).exclude(state="closed").order_by("-created_at")

    def clean(self) -> dict:
        study, group = self.cleaned_data.get("study"), self.cleaned_data.get("group")
        judging = list(study.groups.order_by("name")) if study else []
        if judging and group not in judging:
            names = ", ".join(each.name for each in judging)
            self.add_error("group", f"{study} is for the group {names} only: choose it here")
        return self.cleaned_data

    def made_of(self) -> dict:
        """The arguments of `link_make`."""
        chosen = {name: self.cleaned_data[name] for name in self._meta.fields or () if name in self.cleaned_data}
        return chosen | {"valid": timedelta(days=self.cleaned_data["days"])}


class InvitationForm(LinkForm):
    class Meta:
        model = Link
        fields = ("role", "group", "study", "places")
        labels = {"places": "How many people", "study": "Study to begin with"}

    def __init__(self, *args, by: User, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["study"].empty_label = "none in particular"
        self.fields["role"].choices = [
            (role.value, role.label) for role in User.Role if role != User.Role.ADMINISTRATOR
        ]
        if not by.is_administrator:
            del self.fields["role"]


class CrowdForm(LinkForm):
    class Meta:
        model = Link
        fields = ("study", "group", "places", "cap", "terms", "signature")
        labels = {
            "places": "How many people at most",
            "cap": "Judgments of one person, at most",
            "terms": "Time and pay, told before the first item",
            "signature": "What signs the workers' ids",
        }
        help_texts = {
            "cap": "0: as the study has it",
            "terms": "Empty: as the study has it",
            "signature": "Other addresses are refused. How: on the study's page Crowd",
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["study"].required = True
        self.fields["study"].empty_label = "choose one"
        self.fields["cap"].required = False
        self.fields["signature"].choices = [("", "Nothing: who knows an id can come with it"), *Link.Signature.choices]

    def clean_cap(self) -> int:
        cap, study = self.cleaned_data["cap"] or 0, self.cleaned_data.get("study")
        if study and 0 < cap < study.qualification_items:
            raise forms.ValidationError(
                f"{study} asks {study.qualification_items} check items first; set a cap of as many or more, or none (0)"
            )
        return cap
