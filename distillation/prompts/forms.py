"""The part of a new run's form that says in which words the model is asked."""

from typing import Any

from django import forms

from common.words import day_words
from distillation.models import PromptVersion
from distillation.pipeline.prompts import FOLDER, PLACEHOLDERS, PromptError, PromptSet, text_checked, versions_in
from distillation.prompts.stored import OWN

LONGEST = 8_000
SHIPPED_WORDS = {
    "mind-1": "mind-1: as in the paper",
    "one-sided-1": "one-sided-1: the intention is asked of product A and the relation alone",
}
TEXTS = {
    "system": ("To the system", 2),
    "describe": ("Step 1: what is this product?", 4),
    "pair": ("Steps 2 and 3 begin: the two products", 8),
    "intend": ("Step 2 ends: why would somebody buy both?", 4),
    "judge": ("Step 3 ends: would you buy them?", 4),
    "judge_again": ("Where the answer is neither yes nor no", 6),
}


def prompt_choices() -> list[tuple[str, str]]:
    stored = PromptVersion.objects.select_related("created_by").order_by("-pk")
    return [
        *((name, SHIPPED_WORDS.get(name, name)) for name in versions_in(FOLDER)),
        *(
            (each.name, f"{each.name}: by {each.created_by or 'somebody'}, {day_words(each.created_at)}")
            for each in stored
        ),
        (OWN, "Words of my own, below"),
    ]


def _placeholders(name: str) -> str:
    names = ", ".join(f"{{{each}}}" for each in sorted(PLACEHOLDERS[name]))
    return f"With {names}" if names else "Without a placeholder"


class PromptsForm(forms.Form):
    prompts = forms.ChoiceField(label="Prompts", required=False, choices=prompt_choices, initial="mind-1")
    prompts_name = forms.CharField(
        label="Name of your version",
        required=False,
        max_length=60,
        help_text="It is kept under this name when the run starts, and can be chosen again",
    )

    fields: dict[str, Any]
    prompt_set: PromptSet | None = None

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        began = PromptSet.load().texts
        for name, (label, rows) in TEXTS.items():
            self.fields[f"prompt_{name}"] = forms.CharField(
                label=label,
                required=False,
                max_length=LONGEST,
                initial=began[name],
                strip=False,
                widget=forms.Textarea(attrs={"rows": rows, "spellcheck": "true"}),
                help_text=_placeholders(name),
            )

    @property
    def prompt_fields(self) -> list[forms.BoundField]:
        return [self[f"prompt_{name}"] for name in TEXTS]

    def clean_prompts(self) -> str:
        return self.cleaned_data["prompts"] or "mind-1"

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or self.cleaned_data
        if asked.get("prompts") != OWN:
            return asked
        if not asked.get("prompts_name"):
            self.add_error("prompts_name", "Give your version a name.")
        for name in TEXTS:
            try:
                text_checked(name, asked.get(f"prompt_{name}", ""))
            except PromptError as error:
                self.add_error(f"prompt_{name}", str(error))
        if not any(f"prompt_{name}" in self.errors for name in TEXTS):
            texts = {name: asked[f"prompt_{name}"].replace("\r\n", "\n") for name in TEXTS}
            self.prompt_set = PromptSet.of_texts(asked.get("prompts_name") or OWN, texts)
        return asked
