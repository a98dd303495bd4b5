"""Which judgments a researcher looks through: an allow-list of choices, each of them a condition."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from annotation.figures.splits import SPLIT, with_votes
from annotation.models import Judgment, Kind, Study
from common.counting import first_q, included_q
from common.days import start_of
from common.keyset import KeysetForm

ALONE, ON_SPLIT = "alone", "split"
OF_KIND = {
    "counts": ("count", first_q() & included_q("participant__")),
    "left": ("left out", Q(kind=Kind.LEFT_OUT)),
    "excluded": ("of excluded annotators", ~included_q("participant__")),
    "gold": ("of check items", Q(kind=Kind.GOLD)),
    "repeat": ("repeats", Q(kind=Kind.REPEAT)),
    "extra": ("extra votes", Q(kind=Kind.EXTRA)),
    "sent": ("sent back, not answered yet", Q(sent_back__isnull=False, sent_back__answered_at=None)),
}
DISAGREEMENT = {ALONE: "against the majority of the item", ON_SPLIT: "on split items"}
COMMENTS = {"with": ("with a comment", ~Q(comment="")), "without": ("without", Q(comment=""))}
FIELDS = ("annotator", "answer", "kind", "comment", "version", "disagreement", "faster", "since", "until")


class JudgmentsForm(KeysetForm):
    annotator = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    answer = forms.ChoiceField(required=False)
    kind = forms.ChoiceField(
        label="Judgments",
        required=False,
        choices=[("", "All"), *((name, words) for name, (words, _) in OF_KIND.items())],
    )
    comment = forms.ChoiceField(
        label="Comments",
        required=False,
        choices=[("", "All"), *((name, words) for name, (words, _) in COMMENTS.items())],
    )
    version = forms.TypedChoiceField(label="Version answered", required=False, coerce=int, empty_value=None)
    disagreement = forms.ChoiceField(
        label="Disagreement",
        required=False,
        choices=[("", "All"), *DISAGREEMENT.items()],
    )
    faster = forms.FloatField(label="In less than (s)", required=False, min_value=0.1, max_value=3600)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))

    fields: dict[str, Any]  # each of a kind of its own

    def __init__(self, data: Any, *, study: Study) -> None:
        super().__init__(data)
        self.study = study
        people = study.participants.order_by("pseudonym").values_list("pk", "pseudonym")
        self.fields["annotator"].choices = [("", "All"), *people]
        self.fields["version"].choices = [("", "All"), *((n, str(n)) for n in range(1, study.version + 1))]
        self.fields["answer"].choices = [("", "All"), *answers_of(study).items()]
        if study.is_preference:
            del self.fields["disagreement"]

    def found(self) -> QuerySet[Judgment]:
        return judgments_chosen(self.study, self.cleaned_data)


def answers_of(study: Study) -> dict[str, str]:
    """What can be asked for as an answer, with its words."""
    return {
        f"{question.name}:{value}": f"{question.short}: {question.label(value)}"
        for question in study.questions
        for value in question.values
    }


def judgments_chosen(study: Study, asked: dict[str, Any]) -> QuerySet[Judgment]:
    """Of these, whatever kind they are: by FIELDS, each of which may be missing or empty."""
    name, _, value = asked.get("answer", "").partition(":")
    chosen = Q(**{name: int(value)}) if name else Q()
    for field, path in (("annotator", "participant"), ("version", "version"), ("faster", "active_seconds__lt")):
        if asked.get(field):
            chosen &= Q(**{path: asked[field]})
    if since := asked.get("since"):
        chosen &= Q(created_at__gte=start_of(since))
    if until := asked.get("until"):
        chosen &= Q(created_at__lt=start_of(until + timedelta(days=1)))
    for field, among in (("kind", OF_KIND), ("comment", COMMENTS)):
        if asked.get(field):
            chosen &= among[asked[field]][1]
    return _disagreeing(study, asked.get("disagreement", "")).filter(chosen)


def _disagreeing(study: Study, which: str) -> QuerySet[Any]:  # of judgments, with `lead`
    judgments: QuerySet[Any] = Judgment.objects.filter(participant__study=study)
    if not which:
        return judgments
    question = study.questions[0]
    judgments = with_votes(judgments, question, "item__plausibility_tally")
    if which == ON_SPLIT:
        return judgments.filter(SPLIT)
    says_yes = Q(plausibility__gte=question.positive_from)
    return judgments.filter((says_yes & Q(lead__lt=0)) | (~says_yes & Q(lead__gt=0)))
