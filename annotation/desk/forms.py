"""What a study's page of management asks."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group

from accounts.models import User
from annotation.design.extending import REMINDER_LENGTH
from annotation.models import Study
from annotation.models.protocol_fields import NAME_LENGTH, PROTOCOL_FIELDS


class RenameForm(forms.Form):
    name = forms.CharField(label="New name", max_length=NAME_LENGTH)


class OverlapForm(forms.Form):
    overlap = forms.IntegerField(label="Judgments an item", **PROTOCOL_FIELDS["overlap"].limits)


class ItemsForm(forms.Form):
    items = forms.IntegerField(label="Items more", **PROTOCOL_FIELDS["items"].limits)


class DeadlineForm(forms.Form):
    deadline = forms.DateTimeField(
        label="Deadline; empty: none",
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )
    reminder = forms.CharField(label="A word beside it, for annotators", required=False, max_length=REMINDER_LENGTH)


class DeleteForm(forms.Form):
    typed = forms.CharField(label="The study's name, to be sure", max_length=NAME_LENGTH, strip=False)


class AdjudicatorForm(forms.Form):
    """Crowd workers come for their own items alone."""

    adjudicator = forms.ModelChoiceField(
        User.objects.filter(is_active=True, crowd_id="").order_by("username"), required=False, empty_label="Nobody"
    )


class AssignForm(forms.Form):
    """To one person or one group: all items, those of a category, or some of them."""

    person = forms.ModelChoiceField(User.objects.filter(is_active=True), required=False, empty_label="–")
    group = forms.ModelChoiceField(Group.objects.order_by("name"), required=False, empty_label="–")
    category = forms.ChoiceField(required=False)
    n = forms.IntegerField(label="So many of them; empty: all", required=False, min_value=1, max_value=10_000_000)

    fields: dict[str, Any]  # each of a kind of its own

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = study.items.sampled().order_by("category").values_list("category", flat=True).distinct()
        self.fields["category"].choices = [("", "All"), *((name, name) for name in names)]
