"""The kinds of fields that the forms of a study are made of."""

from typing import Any

from django import forms

from annotation.models.protocol_fields import PROTOCOL_FIELDS, RULE_FIELDS
from distillation.models import Run

FIELDS = PROTOCOL_FIELDS | RULE_FIELDS


class RunChoiceField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, run: Run) -> str:
        return f"{run.name} ({run.get_state_display()}{', baseline' if run.is_baseline else ''})"


class AnswersField(forms.CharField):
    """One answer a line, the best first."""

    widget = forms.Textarea(attrs={"rows": 4})

    def clean(self, value: object) -> list[str]:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


def number(label: str, low: int, high: int, initial: int | None = None, help_text: str = "") -> forms.IntegerField:
    """A number field that may be left empty; the proposed value is then taken."""
    return forms.IntegerField(
        label=label, min_value=low, max_value=high, initial=initial, required=False, help_text=help_text
    )


def percent(label: str, low: float, high: float, initial: float | None = None, help_text: str = "") -> forms.FloatField:
    return forms.FloatField(
        label=label, min_value=low, max_value=high, initial=initial, required=False, help_text=help_text
    )


def bounded(name: str, label: str, help_text: str = "", **more: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=help_text, **FIELDS[name].for_form | more)


def bounded_percent(name: str, label: str, help_text: str = "") -> forms.FloatField:
    share = FIELDS[name]
    return percent(label, 100 * share.least, 100 * share.most, 100 * (share.default or 0), help_text)
