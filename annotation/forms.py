import random
import uuid

from django import forms

from annotation import scales
from annotation.models import Study
from annotation.services import STRATA
from distillation.models import Run

PRESET_WORDS = {
    "mind": "MIND: plausible yes or no, typical on four points (very, rather, hardly, not at all)",
    "folkscope": "FolkScope: plausible yes or no, typical as strongly or weakly acceptable, rejected, implausible",
}


class RunChoiceField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, run: Run) -> str:
        return f"{run.name} ({run.get_state_display()}{', baseline' if run.is_baseline else ''})"


class StudyForm(forms.Form):
    name = forms.CharField(max_length=100)
    runs = RunChoiceField(Run.objects.order_by("-created_at"), widget=forms.CheckboxSelectMultiple)
    items = forms.IntegerField(
        label="Items", min_value=1, max_value=10_000_000, initial=100, help_text="How many intentions to sample"
    )
    overlap = forms.IntegerField(
        label="Annotators for each item", min_value=1, max_value=100, initial=3, help_text="The overlap"
    )
    strata = forms.MultipleChoiceField(
        label="Drawn by",
        choices=[(name, name) for name in STRATA],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Each relation or verdict gives equally many items; figures are weighted back to the run",
    )
    seed = forms.IntegerField(min_value=0, max_value=2**53, help_text="The same seed draws the same sample")
    preset = forms.ChoiceField(
        label="Questions",
        choices=[(name, PRESET_WORDS[name]) for name in scales.PRESETS],
        initial="mind",
        widget=forms.RadioSelect,
    )
    typicality_after_yes = forms.BooleanField(
        label="Ask how typical it is only where it was found plausible", required=False
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seed"].initial = random.randrange(10_000)  # noqa: S311 - a seed, not a secret

    def clean_name(self) -> str:
        if Study.objects.filter(name=self.cleaned_data["name"]).exists():
            raise forms.ValidationError("There is a study of that name already; choose another.")
        return self.cleaned_data["name"]


class RatingForm(forms.Form):
    item = forms.IntegerField()
    submission = forms.UUIDField()
    plausibility = forms.IntegerField(required=False)
    typicality = forms.IntegerField(required=False)
    active_seconds = forms.FloatField(required=False, min_value=0)
    comment = forms.CharField(required=False, max_length=2_000)


class AuditForm(forms.Form):
    judgment = forms.IntegerField()
    answer = forms.ChoiceField(choices=[("right", "Right"), ("wrong", "Wrong")])
    reason = forms.CharField(required=False)


class SkipForm(forms.Form):
    item = forms.IntegerField()
    reason = forms.CharField()


def new_submission() -> str:
    return str(uuid.uuid4())
