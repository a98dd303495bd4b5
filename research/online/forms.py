"""The form that makes an experiment for a shop."""

from django import forms
from django.db.models import Q

from common.lists import ListForm
from distillation.models import Run
from research.models import OnlineArm
from research.online.services import MOST_ARMS


class ShopForm(ListForm):
    """The list's: running, or stopped at some time."""

    def in_state(self, state: str, column: str) -> Q:
        return Q(stopped_at__isnull=state == "running")


class OnlineForm(forms.Form):
    name = forms.CharField(max_length=60, help_text="Letters, digits, dots, hyphens and underscores")
    question = forms.CharField(
        max_length=300, required=False, help_text="Such as: Do intentions sell more than titles?"
    )
    window_days = forms.IntegerField(
        label="Days that outcomes count", min_value=1, max_value=365, initial=7,
        help_text="From a unit's first exposure on",
    )  # fmt: skip
    before_days = forms.IntegerField(
        label="Days before it that steady the comparison", min_value=0, max_value=365, initial=28,
        help_text="Where outcomes from before are sent; 0: none",
    )  # fmt: skip
    planned_units = forms.IntegerField(
        label="Units planned, of all arms", min_value=100, max_value=1_000_000_000, initial=100_000,
        help_text="About there the band is narrowest",
    )  # fmt: skip


class ArmForm(forms.Form):
    name = forms.CharField(max_length=60)
    shows = forms.ChoiceField(choices=OnlineArm.Shows.choices, initial=OnlineArm.Shows.TITLES)
    run = forms.ModelChoiceField(
        Run.objects.archived(False).order_by("-pk"),
        to_field_name="name",
        required=False,
        label="Of the run",
        empty_label="none",
    )
    weight = forms.IntegerField(label="Weight", min_value=1, max_value=10_000, initial=1)


class BaseArms(forms.BaseFormSet):
    def clean(self) -> None:
        if len(arms_asked(self)) < 2:
            raise forms.ValidationError("Name at least two arms; the first is the control.")


def arms_asked(arms: forms.BaseFormSet) -> list[dict]:
    """Of the rows that somebody has filled in."""
    return [form.cleaned_data for form in arms.forms if form.has_changed() and form.is_valid()]


STARTS_WITH = [{"name": "titles", "shows": OnlineArm.Shows.TITLES}, {"name": "kept", "shows": OnlineArm.Shows.KEPT}]
Arms = forms.formset_factory(ArmForm, formset=BaseArms, extra=3, max_num=MOST_ARMS, validate_max=True)
