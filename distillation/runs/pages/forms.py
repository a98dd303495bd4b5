from typing import Any

from django import forms

from common.kept import STRICTNESS
from common.refusals import Refused
from distillation.catalog.selection import ALL
from distillation.catalog.selection_form import CatalogSelectionForm
from distillation.lvlm import BACKENDS
from distillation.models import Run
from distillation.pipeline.filters import NOBODY, SAME, versions
from distillation.pipeline.relations import PRESETS, RELATIONS
from distillation.prompts.forms import PromptsForm
from distillation.runs.changes import PRICED
from distillation.runs.pages.contradictions import contradictions
from distillation.runs.pages.treatments import MEASURED, OneTreatment
from distillation.runs.services import MOST_SAMPLES
from distillation.treatments.names import SHORT, TAKEN_AWAY

BACKEND_WORDS = {
    "baseline": "baseline: rules on titles and pixels, no model; shows the way, its intentions are not an LVLM's",
    "openai": "A model server that speaks OpenAI's chat completions, such as vLLM",
    "batch": "Batches: files of requests, answered hours later by a server of the batch API, or by vLLM's run-batch",
    "vllm": "vLLM inside a worker of its own, on a machine with a GPU and no server",
}
PRESET_WORDS = {
    "mind": f"MIND: the {len(PRESETS['mind'])} of the released knowledge base",
    "folkscope": f"FolkScope: the {len(PRESETS['folkscope'])} that came through its filter",
    "all": f"All {len(PRESETS['all'])}",
}


FILTER_WORDS = {
    "lenient-1": "lenient-1: an open-minded customer, for whom some sense is enough",
    "neutral-1": "neutral-1: no role, would a customer buy both for this reason?",
    "strict-1": "strict-1: a careful customer, who wants more than what is true of any two products",
    "examples-1": "examples-1: the paper's role after four examples, of products that exist nowhere",
}
FILTERS = [
    (SAME, "In the words of the prompts: a customer with this intention, as in the paper"),
    *((name, FILTER_WORDS.get(name, name)) for name in versions()),
    (NOBODY, "No filter is asked: all intentions count as kept"),
]


TREATMENTS_HINT = (
    f"Figures: what is left of texture, outline and colour, medians of {MEASURED} pictures at most that were treated "
    "here. People always judge with the originals."
)


class RunForm(CatalogSelectionForm, PromptsForm):
    settings_asked = (
        *("limit", "samples", "with_images", "pictures", "side_by_side", "temperature", "max_tokens"),
        *("filter", "filter_model", "filter_base_urls"),
    )

    name = forms.CharField(max_length=100, help_text="Letters, digits, dots, hyphens and underscores")
    backend = forms.ChoiceField(
        label="Who answers",
        choices=[(name, BACKEND_WORDS[name]) for name in BACKENDS if name in BACKEND_WORDS],
        widget=forms.RadioSelect,
    )
    base_urls = forms.CharField(
        label="Base URLs of the model servers",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60, "placeholder": "http://gpu-a:8000"}),
        help_text="One a line, http or https; not for the baseline",
    )
    model = forms.CharField(
        required=False, max_length=200, help_text="As the server names it; empty: the only one that it serves"
    )
    preset = forms.ChoiceField(
        label="Relations",
        choices=[*PRESET_WORDS.items(), ("chosen", "Those chosen below")],
        initial="mind",
        widget=forms.RadioSelect,
    )
    chosen = forms.MultipleChoiceField(
        label="Chosen relations",
        choices=[(relation.code, f"{relation.words} ({relation.code})") for relation in RELATIONS.values()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    samples = forms.IntegerField(label="Intentions for each relation", min_value=1, max_value=MOST_SAMPLES, initial=1)
    limit = forms.IntegerField(
        label="Only the first so many co-buys", required=False, min_value=1, max_value=2**31, help_text="Empty: all"
    )
    with_images = forms.BooleanField(
        label="Show the pictures to the model; co-buys that lack one are left out", required=False, initial=True
    )
    pictures = forms.ChoiceField(
        label="What is done to the pictures first",
        required=False,
        initial="as-is",
        choices=[(short, f"{short}: takes away {TAKEN_AWAY[name]}") for short, name in SHORT.items()],
        widget=OneTreatment,
        help_text=TREATMENTS_HINT,
    )
    side_by_side = forms.BooleanField(
        label="Put the two pictures side by side on one canvas, for a server that takes one picture", required=False
    )
    temperature = forms.FloatField(min_value=0, max_value=2, initial=0.2, help_text="0 to 2; the paper has 0.2")
    max_tokens = forms.IntegerField(
        label="Tokens of an answer, at most",
        min_value=16,
        max_value=100_000,
        initial=512,
        help_text="The paper has 512",
    )
    filter = forms.ChoiceField(label="How the filter is asked", required=False, choices=FILTERS, initial=SAME)
    filter_model = forms.CharField(
        label="Another model as filter", required=False, max_length=200, help_text="Empty: the same model filters"
    )
    filter_base_urls = forms.CharField(
        label="Its base URLs",
        required=False,
        widget=forms.Textarea(attrs={"rows": 1, "cols": 60}),
        help_text="One a line; empty: the servers above",
    )
    strictness = forms.FloatField(
        min_value=0,
        max_value=1,
        initial=STRICTNESS,
        help_text="An intention is kept from this p(yes) on; can be moved later",
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        newest = [str(each.pk) for each in self.data_sets[:1]]
        self.fields["imports"].initial = newest or [ALL]
        self.fields["imports"].required = bool(newest)
        self.fields["imports"].help_text = "The newest import unless you choose others"

    def clean_name(self) -> str:
        Run._meta.get_field("name").run_validators(self.cleaned_data["name"])
        if Run.objects.filter(name=self.cleaned_data["name"]).exists():
            raise forms.ValidationError("There is a run of that name already; choose another.")
        return self.cleaned_data["name"]

    def clean(self) -> dict[str, Any]:
        asked = super().clean()
        if asked.get("preset") == "chosen" and not asked.get("chosen"):
            self.add_error("chosen", "Choose at least one relation.")
        has_server = asked.get("backend") in ("openai", "batch")
        asked["base_urls"] = asked.get("base_urls", "").split() if has_server else []
        if asked.get("backend") == "openai" and not asked["base_urls"]:
            self.add_error("base_urls", "Name at least one model server.")
        for field, wrong in list(contradictions(asked)):
            self.add_error(field, wrong)
        return asked

    def refuse(self, refusal: Refused) -> None:
        """What came out only when it was to start."""
        for each in refusal.all:
            self.add_error(each.field if each.field in self.fields else None, str(each))

    def clean_filter_base_urls(self) -> list[str]:
        return self.cleaned_data["filter_base_urls"].split()

    def clean_pictures(self) -> str:
        return self.cleaned_data["pictures"] or "as-is"

    @property
    def relations(self) -> str:
        asked = self.cleaned_data
        return asked["preset"] if asked["preset"] in PRESETS else ",".join(asked["chosen"])


class StrictnessForm(forms.Form):
    strictness = forms.FloatField(min_value=0, max_value=1)


class PricesForm(forms.Form):
    prompt = forms.FloatField(label="Tokens in", required=False, min_value=0)
    cached = forms.FloatField(label="Of these cached", required=False, min_value=0)
    completion = forms.FloatField(label="Tokens out", required=False, min_value=0)

    @property
    def prices(self) -> dict[str, float]:
        return {kind: self.cleaned_data[kind] for kind in PRICED if self.cleaned_data[kind] is not None}
