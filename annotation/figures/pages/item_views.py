"""The items of a study one by one: the rows behind its figures."""

from collections import Counter, defaultdict
from typing import Any

from django import forms
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Abs, NullIf
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from accounts.requests import PersonRequest
from annotation.figures.pages.selection_form import SelectionForm
from annotation.figures.splits import SPLIT, with_votes
from annotation.models import Item, Skip, Study
from annotation.scales import Question
from common.complete import fully_judged_q
from common.kept import kept_q, rejected_q
from common.keyset import LARGEST_ID, PAGE, Keyset, Page
from distillation.catalog.pairs import pair_shown
from distillation.models import Exposure
from distillation.pipeline.relations import RELATIONS
from distillation.runs.exposure import exposure_record
from stats.packing import BITS, unpack

# Nobody can still be asked.
COMPLETE = Q(n_judged__gt=0) & (fully_judged_q() | Q(study__state=Study.State.CLOSED))
# A key of contested items has evenness, votes and id in one number.
EVEN, ROOM = 1000, 45  # evenness of a tie; bits of an id
SHOW = {
    "judged": ("judged", Q(n_judged__gt=0)),
    "complete": ("all judgments", COMPLETE),
    "open": ("not all judgments yet", Q(n_judged__lt=F("overlap"))),
    "tie": ("tie", COMPLETE & Q(lead=0)),
    "wrong": ("filter wrong", COMPLETE & (Q(kept=True, lead__lt=0) | Q(kept=False, lead__gt=0))),
    "wrongly_kept": ("wrongly kept", COMPLETE & Q(kept=True, lead__lt=0)),
    "wrongly_rejected": ("wrongly rejected", COMPLETE & Q(kept=False, lead__gt=0)),
    "rightly_kept": ("rightly kept", COMPLETE & Q(kept=True, lead__gt=0)),
    "rightly_rejected": ("rightly rejected", COMPLETE & Q(kept=False, lead__lt=0)),
    "contested": ("contested, the most first", SPLIT),
    "skipped": ("skipped by somebody", Q(Exists(Skip.objects.filter(item=OuterRef("pk"))))),
}


class ItemsForm(SelectionForm):
    show = forms.ChoiceField(
        label="Items", required=False, choices=[("", "All"), *((name, words) for name, (words, _) in SHOW.items())]
    )
    after = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    before = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)


@require_safe
@researcher_required
def study_items(request: PersonRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study.objects.of_ratings(), pk=study_id)
    form = ItemsForm(request.GET, study=study)
    if form.problem:
        refused = {"study": study, "form": form, "problem": form.problem}
        return render(request, "studies/items.html", refused, status=400)
    show, after, before = (form.cleaned_data.pop(name) for name in ("show", "after", "before"))
    keyset, key = Keyset(after, before), "contest" if show == "contested" else "pk"
    items = items_shown(study, show).filter(form.selection.of_items())
    page = Page.at(keyset, lambda at: list(at.cut(items, key).values_list(key, flat=True)[: PAGE + 1]))
    runs = study.runs.values_list("pk", flat=True)
    exposure_record(user=request.user, runs=runs, where=Exposure.Where.PAGE)
    rows = _rows(study, items, [key % (1 << ROOM) for key in page.keys])
    context = {"study": study, "form": form, "page": page, "rows": rows, "show": show}
    return render(request, "studies/items.html", {**context, "by_judgments": form.selection.chooses_judgments})


def items_shown(study: Study, show: str) -> QuerySet[Any]:  # of items, with `kept` and `lead`
    strictness, yes = F("run__strictness"), "filter_yes"
    is_kept, is_rejected = kept_q(strictness, yes=yes), rejected_q(strictness, yes=yes)
    kept = Case(When(is_kept, then=True), When(is_rejected, then=False), output_field=BooleanField())
    items: QuerySet[Any] = Item.objects.sampled().filter(study=study)
    items = with_votes(items.annotate(kept=kept), study.questions[0])
    if show == "contested":
        items = items.annotate(contest=_contest())
    return items.filter(SHOW[show][1]) if show else items


def _contest() -> Combinable:
    """A key by which the most evenly split come first, as by the entropy of the split; then more votes, then newer."""
    evenness = (F("total") - Abs(F("lead"))) * EVEN / NullIf(F("total"), 0)
    # As a plain number it would be cut to four bytes.
    room = Value(1 << ROOM, BigIntegerField())
    return ExpressionWrapper((evenness * (1 << BITS) + F("total")) * room + F("pk"), BigIntegerField())


def _rows(study: Study, items: QuerySet[Any], pks: list[int]) -> list[dict]:
    products = [f"intention__cobuy__{side}__picture" for side in "ab"]
    found = items.select_related("intention", "run", *products).in_bulk(pks)
    skips: dict[int, Counter[str]] = defaultdict(Counter)
    for item, reason in Skip.objects.filter(item__in=pks).values_list("item", "reason"):
        skips[item][Skip.Reason(reason).label] += 1
    return [_row(study.questions, found[key], skips[key]) for key in pks if key in found]


def _row(questions: tuple[Question, ...], item: Any, skips: Counter[str]) -> dict:
    votes = [_votes(question, getattr(item, f"{question.name}_tally")) for question in questions]
    return {
        "item": item,
        "url": reverse("intention", args=[item.intention_id]),
        **pair_shown(item.intention.cobuy),
        "relation": RELATIONS[item.relation].words,
        "votes": [each for each in votes if each],
        "majority": "" if not item.n_judged else "tie" if not item.lead else "plausible" if item.lead > 0 else "not",
        "skips": ", ".join(f"{n} {reason}" for reason, n in skips.most_common()),
        "percent": "" if item.p_yes is None else f"{100 * item.p_yes:.0f}",
    }


def _votes(question: Question, tally: int) -> str:
    counts = zip(question.ascending, unpack([tally], len(question.options))[0].tolist(), strict=True)
    said = ", ".join(f"{n} {question.label(value)}" for value, n in reversed(list(counts)) if n)
    return f"{question.short}: {said}" if said else ""
