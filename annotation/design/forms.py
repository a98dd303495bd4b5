"""The forms in which a study is designed."""

import random
from typing import cast

from django import forms
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import UploadedFile

from annotation import scales
from annotation.design.fields import FIELDS, AnswersField, RunChoiceField, bounded, bounded_percent, number, percent
from annotation.design.planning.both_ways import Wanted
from annotation.design.planning.fixed import Figure, Planned
from annotation.design.population import STRATA
from annotation.design.protocol import (
    ANSWER_LENGTH,
    GUIDELINES_LENGTH,
    OWN,
    POINTS,
    TEXT_LENGTH,
    Protocol,
    StudyRefused,
    Wording,
)
from annotation.design.rules import ALARM, BELOW, FAST, LINE
from annotation.design.services import EQUAL, PROPORTIONAL, allocation_parse
from annotation.design.terms import TermsForm
from annotation.models import Study
from annotation.models.protocol_fields import NAME_LENGTH
from distillation.catalog.selection_form import CatalogSelectionForm
from distillation.models import Run

ALWAYS, SHARE, NEVER, STATED = "always", "share", "never", "stated"
GOLD_BYTES = 5_000_000
AS_STORED = (
    "preset", "typicality_after_yes", "guidelines", "order", "lease_minutes", "qualification_items",
    "qualification_pass", "qualification_tries", "repeat_distance", "extra_votes", *TermsForm.base_fields,
)  # fmt: skip
AUDIT_PERCENT = 25  # proposed where only a share is audited
WORDED = ("plausibility", "plausibility_answers", "typicality", "typicality_answers", "typical_answers")
WANTED = ("want_width", "want_difference")
PRESET_WORDS = {
    "mind": "MIND: plausible yes or no; typical on four points: very, rather, hardly, not at all",
    "folkscope": "FolkScope: plausible yes or no; typical as strongly or weakly acceptable, rejected, implausible",
    OWN: "A scale of your own of 2 to 7 points for typical",
}


class ProtocolForm(TermsForm):
    """What may change while a study runs."""

    groups = forms.ModelMultipleChoiceField(
        Group.objects.order_by("name"),
        label="Groups",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None: every annotator",
    )
    order = forms.ChoiceField(
        label="Which item comes next",
        choices=[(value, label.capitalize()) for value, label in Study.Order.choices],
        initial=Study.PROPOSED_ORDER,
        required=False,
        widget=forms.RadioSelect,
    )
    lease_minutes = bounded("lease_minutes", "Minutes that an item stays with an annotator")
    preset = forms.ChoiceField(
        label="Scales",
        choices=list(PRESET_WORDS.items()),
        initial=scales.PROPOSED,
        required=False,
        widget=forms.RadioSelect,
        help_text="Questions and answers that are left empty are worded as the scale has them",
    )
    plausibility = forms.CharField(label="Plausibility", max_length=TEXT_LENGTH, required=False)
    plausibility_answers = AnswersField(label="Its answers", required=False, help_text="One a line, yes first")
    typicality = forms.CharField(label="Typicality", max_length=TEXT_LENGTH, required=False)
    typicality_answers = AnswersField(
        label="Its answers", required=False, help_text=f"One a line, the best first; at most {ANSWER_LENGTH} letters"
    )
    typical_answers = number(
        "Of these count as typical", 1, POINTS[-1] - 1, help_text="So many of the best; empty: the better half"
    )
    typicality_after_yes = forms.BooleanField(
        label="Ask how typical it is only where it was found plausible", required=False
    )
    audit = forms.ChoiceField(
        label="After saving, show the filter's verdict and ask whether it was right",
        choices=[(ALWAYS, "Always"), (SHARE, "For a share"), (NEVER, "Never")],
        initial=ALWAYS,
        required=False,
        widget=forms.RadioSelect,
    )
    audit_percent = percent("The share, per cent", 0, 100, AUDIT_PERCENT)
    guidelines = forms.CharField(
        label="Guidelines, in Markdown, with examples",
        required=False,
        max_length=GUIDELINES_LENGTH,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Annotators have them beside each item. Empty: a short explanation of plausible and typical",
    )
    qualification_items = bounded(
        "qualification_items", "Gold items before the first item", "The qualification; 0: none"
    )
    qualification_pass = bounded("qualification_pass", "Right, at least")
    qualification_tries = bounded("qualification_tries", "Tries")
    repeat_percent = bounded_percent(
        "repeat_share", "Hidden repeats, per cent", "Of an annotator's judgments, unannounced"
    )
    repeat_distance = bounded("repeat_distance", "Judgments in between, at least")
    extra_votes = bounded(
        "extra_votes",
        "Extra votes on items over which people are split",
        "Asked when nothing else is left, where one is worth most; only the latent truth counts them. 0: none",
    )
    gold_below = percent("Under so many per cent of the gold items right", 1, 100)
    gold_least = bounded("least", "of at least", initial=10)
    repeats_below = percent("Under so many per cent of the repeats answered the same way", 1, 100)
    repeats_least = bounded("least", "of at least", initial=10)
    agreement_below = percent("Under so many per cent of the comparisons with others agree", 1, 100)
    agreement_least = bounded("least", "on at least so many items", initial=20)
    fast_above = percent("Over so many per cent of the answers are too fast", 0, 99)
    fast_seconds = forms.FloatField(label="under so many seconds", **FIELDS["seconds"].for_form)
    fast_least = bounded("least", "of at least", initial=20)
    line_from = bounded("row", "So many answers in a row are the same")
    alarm_above = bounded_percent("alarm", "Alarm when rules have paused more than so many per cent of the annotators")

    def clean(self) -> dict:
        super().clean()
        for name, field in self.fields.items():
            if name in self.cleaned_data and self.cleaned_data[name] in (None, "") and field.initial is not None:
                self.cleaned_data[name] = field.initial
        return self.cleaned_data

    @property
    def worded(self) -> bool:
        return any(self[name].value() for name in WORDED)

    def audit_share(self) -> float:
        said = self.cleaned_data
        return {ALWAYS: 1.0, NEVER: 0.0}.get(said["audit"], said["audit_percent"] / 100)

    def protocol(self) -> Protocol:
        said = self.cleaned_data
        return {
            **{name: said[name] for name in AS_STORED},  # type: ignore[typeddict-item]  # names of Protocol's
            "wording": Wording(*(said[name] for name in WORDED)),
            "audit_share": self.audit_share(),
            "repeat_share": said["repeat_percent"] / 100,
            "rules": self._rules(),
        }

    def _rules(self) -> dict:
        said = self.cleaned_data
        rules = {
            name: {"limit": said[f"{name}_below"] / 100, "least": said[f"{name}_least"]}
            for name in BELOW
            if said[f"{name}_below"] is not None
        }
        if said["fast_above"] is not None:
            rules[FAST] = {
                "limit": said["fast_above"] / 100, "least": said["fast_least"], "seconds": said["fast_seconds"],
            }  # fmt: skip
        if said["line_from"] is not None:
            rules[LINE] = {"limit": said["line_from"]}
        return rules | ({ALARM: said["alarm_above"] / 100} if rules else {})


FIGURE_CHOICES = [(value, label.capitalize()) for value, label in Figure.choices]


class PlanForm(forms.Form):
    """A plan; as a part of the whole design it may be left out."""

    plan_figure = forms.ChoiceField(label="The study is for", choices=FIGURE_CHOICES)
    plan_items = bounded("items", "Items to be judged", "Empty: all that are drawn", initial=None)
    plan_width = forms.FloatField(
        label="Stop when the half-width is under, points",
        required=False,
        help_text="Empty: when the items are judged. The page then has an interval that holds at every look",
    )

    def planned(self) -> Planned | None:
        said = self.cleaned_data
        if not said["plan_figure"]:
            return None
        width = said["plan_width"]
        return Planned(said["plan_figure"], said["plan_items"], None if width is None else width / 100)


class StudyForm(ProtocolForm, PlanForm, CatalogSelectionForm):
    """The whole design: what may change and what is drawn."""

    name = forms.CharField(max_length=NAME_LENGTH, help_text="Annotators see it")
    kind = forms.ChoiceField(
        label="What people are asked",
        choices=[
            (Study.Kind.RATING.value, "Each intention by itself: is it plausible, how typical is it"),
            (Study.Kind.PREFERENCE.value, "Two intentions side by side: which is the better reason"),
        ],
        initial=Study.Kind.RATING.value,
        required=False,
        widget=forms.RadioSelect,
        help_text="Side by side takes two runs or more on the same co-buys: each pair of runs gives an item",
    )
    runs = RunChoiceField(
        Run.objects.archived(False).order_by("-created_at"),
        label="Intentions of",
        widget=forms.CheckboxSelectMultiple,
        help_text="Two runs or more: mixed and blinded, so that they can be compared",
    )
    strata = forms.MultipleChoiceField(
        label="Drawn by", choices=list(STRATA.items()), required=False, widget=forms.CheckboxSelectMultiple
    )
    allocation = forms.ChoiceField(
        label="From each stratum",
        choices=[
            (EQUAL, "The same number"),
            (PROPORTIONAL, "In proportion to the run"),
            (STATED, "Numbers of my own"),
        ],
        initial=EQUAL,
        required=False,
        widget=forms.RadioSelect,
    )
    stated = forms.CharField(
        label="Numbers of my own",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One stratum a line, named as in the review below: usedFor/kept: 20",
    )
    paired = forms.BooleanField(
        label="Draw the same co-buys and relations from each run",
        required=False,
        help_text="For a comparison of runs, pair by pair: it tells differences with far fewer items",
    )
    seed = forms.IntegerField(min_value=0, max_value=2**53, help_text="The same seed draws the same items")
    items = bounded("items", "Items", required=True)
    overlap = bounded("overlap", "Annotators for each item", required=True)
    want_width = percent("Wanted half-width, points", 0.1, 49, 5, "For planning only: how many items would give it")
    want_difference = percent("Difference of two runs to be found, points", 0.1, 99, 10, "With a power of 80 %")
    gold = forms.FileField(
        label="Gold items, a CSV file",
        required=False,
        help_text="Columns intention_id, or asin_a, asin_b, relation; then plausibility, typicality, explanation. "
        "Side by side: intention_id, other_id, better (one of the two ids, both good or both bad), explanation",
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        plan = cast("forms.ChoiceField", self.fields["plan_figure"])
        plan.required, plan.choices = False, [("", "No plan"), *FIGURE_CHOICES]
        self.fields["seed"].initial = random.randrange(10_000)  # noqa: S311 - a seed, not a secret

    def clean_name(self) -> str:
        if Study.objects.filter(name=self.cleaned_data["name"]).exists():
            raise forms.ValidationError("There is a study of that name already; choose another.")
        return self.cleaned_data["name"]

    def clean_gold(self) -> list[str] | None:
        file: UploadedFile | None = self.cleaned_data["gold"]
        if not file:
            return None
        if (file.size or 0) > GOLD_BYTES:
            raise forms.ValidationError("The file has more than 5 MB; a gold file has a line for each item.")
        try:
            return file.read().decode("utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            raise forms.ValidationError("The file is not text in UTF-8; save it as CSV (UTF-8).") from error

    def clean(self) -> dict:
        said = super().clean()
        if said.get("allocation") == STATED:
            try:
                said["allocation"] = allocation_parse(said.get("stated", ""))
            except StudyRefused as refusal:
                self.add_error("stated", str(refusal))
        return said

    def design(self) -> dict:
        """The arguments of `study_create`."""
        sample = (
            "name", "kind", "runs", "strata", "allocation", "seed", "paired", "items", "overlap", "gold", "groups",
        )  # fmt: skip
        drawn = {**{name: self.cleaned_data[name] for name in sample}, "catalog": self.catalog}
        return {**drawn, **self.protocol(), "plan": self.planned()}

    def plan(self) -> dict | None:
        """The arguments of `plan_make`, from a form that may be half filled in."""
        said = getattr(self, "cleaned_data", {})
        sample = ("kind", "runs", "items", "overlap", "strata", "allocation", "paired", "groups", "qualification_items")
        if not all(name in said for name in (*sample, "audit", "audit_percent", "repeat_percent")) or not said["runs"]:
            return None
        return {
            **{name: said[name] for name in sample},
            "catalog": self.catalog,
            "audit_share": self.audit_share(),
            "repeat_share": said["repeat_percent"] / 100,
            "wanted": Wanted(*(said.get(name, self.fields[name].initial) / 100 for name in WANTED)),
        }

    def wanted_problem(self) -> str:
        """What is wrong with what is wanted; the rest of the plan is told all the same."""
        return " ".join(f"{self[name].label}: {self.errors[name][0]}" for name in WANTED if name in self.errors)


def protocol_initial(study: Study) -> dict:
    """A study's protocol as the form shows it."""
    return {
        **{name: getattr(study, name) for name in AS_STORED},
        **({"preset": scales.PROPOSED} if study.is_preference else _scales_initial(study)),
        "groups": study.groups.all(),
        "audit": {1.0: ALWAYS, 0.0: NEVER}.get(study.audit_share, SHARE),
        "audit_percent": _percent(study.audit_share) if 0 < study.audit_share < 1 else AUDIT_PERCENT,
        "repeat_percent": _percent(study.repeat_share),
        **_rules_initial(study.rules),
    }  # fmt: skip


def _scales_initial(study: Study) -> dict:
    plausible, typical = study.questions
    return {
        "plausibility": plausible.text,
        "plausibility_answers": _lines(plausible),
        "typicality": typical.text,
        "typicality_answers": _lines(typical),
        "typical_answers": len(typical.options) - typical.positive_from,
    }


def _rules_initial(rules: dict) -> dict:
    shown = {f"{name}_below": _percent(rules[name]["limit"]) for name in BELOW if name in rules}
    shown |= {f"{name}_least": rules[name]["least"] for name in (*BELOW, FAST) if name in rules}
    if FAST in rules:
        shown |= {"fast_above": _percent(rules[FAST]["limit"]), "fast_seconds": rules[FAST]["seconds"]}
    if LINE in rules:
        shown["line_from"] = rules[LINE]["limit"]
    if ALARM in rules:
        shown["alarm_above"] = _percent(rules[ALARM])
    return shown


def _percent(share: float) -> float:
    return round(100 * share, 6)  # 100 * 0.07 is 7.000000000000001


def _lines(question: scales.Question) -> str:
    return "\n".join(option.label for option in question.options)
