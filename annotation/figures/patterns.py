"""The judged items of a study, grouped by the database into rows that are alike; `numbers` computes from these.

Live figures come from the tallies on the items. Only where single judgments are chosen are these read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from django.db import connection
from django.db.models import BigIntegerField, Case, Count, F, Max, Q, QuerySet, Sum, Value, When
from numpy.typing import NDArray

from annotation.models import Study
from annotation.scales import Question
from annotation.selection import Selection
from common.kept import kept_sql
from stats.packing import unpack

Columns = dict[str, NDArray]
By = Literal["relation", "category", "run"]

OF_ITEM = (
    "relation", "category", "run_id", "filter_yes", "p_yes", "stratum", "inclusion_probability", "overlap",
)  # fmt: skip
BY = {"relation": "t.relation", "category": "t.category", "run": "t.run_id"}
# Booleans and the columns of the statistics item_patterns: with anything else to group by, the planner overestimates
# the groups and sorts all items.
_ALIKE = """
    SELECT {expressions}, count(*), sum(t.overlap)::bigint, count(*) FILTER (WHERE t.n_judged = t.overlap),
           max(t.judged_at)
    FROM ({judged}) t
    GROUP BY {places} ORDER BY {places}
"""
_COUNTED = ("items", "wanted", "finished", "judged_at")


@dataclass(frozen=True, slots=True)
class Patterns:
    """Columns of equal length; row r stands for `items[r]` judged items alike. `filtered` is false where no filter was
    asked; of `complete` items nobody can still be asked; `packed` has the counts as one number, see `stats.packing`."""

    items: NDArray[np.int64]
    group: NDArray[np.str_]
    kept: NDArray[np.bool_]
    filtered: NDArray[np.bool_]
    complete: NDArray[np.bool_]
    stratum: NDArray[np.int64]
    inclusion: NDArray[np.float64]
    packed: dict[str, NDArray[np.int64]]
    counts: dict[str, NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Progress:
    items: int
    wanted: int
    items_complete: int
    updated_at: datetime | None


def patterns(study: Study, selection: Selection, by: By = "relation") -> tuple[Patterns, Progress]:
    """The patterns of the judged items, and how far all items are."""
    columns = rows_alike(
        study,
        selection,
        group=BY[by],
        kept=kept_at(study),
        complete=complete_in(study),
        stratum="t.stratum",
        inclusion="t.inclusion_probability",
        plausibility="t.plausibility_tally",
        typicality="t.typicality_tally",
    )
    if by == "run":
        names = dict(study.runs.values_list("pk", "name"))
        columns["group"] = np.array([names[pk] for pk in columns["group"]], dtype=object)
    judged = columns["plausibility"] > 0
    progress = _progress_of(columns) if not selection.chooses_judgments else _progress(study, selection)
    return patterns_of({name: column[judged] for name, column in columns.items()}, study.questions), progress


def complete_in(study: Study) -> str:
    """SQL for whether nobody can still be asked of an item."""
    return "true" if study.state == Study.State.CLOSED else "t.asked >= t.overlap"


def kept_at(study: Study) -> str:
    """SQL for whether the filter keeps an item at its run's strictness; written out, as a join costs as much again."""
    by_run = study.runs.order_by("pk").values_list("pk", "strictness")
    strictness = "".join(f" WHEN {pk:d} THEN {strictness!r}::float8" for pk, strictness in by_run)
    return kept_sql("t.p_yes", f"CASE t.run_id{strictness} END", "t.filter_yes")


def patterns_of(columns: Columns, questions: Sequence[Question]) -> Patterns:
    kept = columns["kept"]
    packed = {question.name: columns[question.name].astype(np.int64) for question in questions}
    return Patterns(
        items=columns["items"].astype(np.int64),
        group=columns["group"].astype(str),
        kept=np.array([bool(each) for each in kept], dtype=bool),
        filtered=np.array([each is not None for each in kept], dtype=bool),
        complete=columns["complete"].astype(bool),
        stratum=np.unique(columns["stratum"].astype(str), return_inverse=True)[1],
        inclusion=columns["inclusion"].astype(float),
        packed=packed,
        counts={each.name: unpack(packed[each.name], len(each.options)) for each in questions},
    )


def rows_alike(study: Study, selection: Selection, **expressions: str) -> Columns:
    """The different values of the expressions over items `t`, sorted, and how many items have them.

    The expressions are SQL of our own, never of a request. Without a choice of judgments unjudged items are there too.
    """
    inner, values = _tallied(study, selection).query.sql_with_params()
    places = ", ".join(str(place + 1) for place in range(len(expressions)))
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE.format(expressions=", ".join(expressions.values()), judged=inner, places=places), values)
        rows = cursor.fetchall()
    names = (*expressions, *_COUNTED)
    return dict(zip(names, np.array(rows, dtype=object).reshape(len(rows), len(names)).T, strict=True))


def _tallied(study: Study, selection: Selection) -> QuerySet:
    """Items with their tallies and what they are grouped by."""
    if not selection.chooses_judgments:
        live = ("n_judged", "judged_at", "plausibility_tally", "typicality_tally")
        return selection.items(study).values(*OF_ITEM, *live, asked=F("n_judged"))
    tallies = {
        f"{question.name}_tally": Sum(unit_of(question), output_field=BigIntegerField()) for question in study.questions
    }
    of_item = {name: F(f"item__{name}") for name in OF_ITEM} | {"asked": F("item__n_judged")}
    rows = selection.judgments(study).order_by().values("item_id", **of_item)
    return rows.annotate(n_judged=Count("pk"), judged_at=Max("created_at"), **tallies)


def unit_of(question: Question) -> Case:
    """SQL for what a judgment adds to its item's tally."""
    units = (
        When(**{question.name: value}, then=Value(question.unit(value), BigIntegerField())) for value in question.values
    )
    return Case(*units, default=Value(0), output_field=BigIntegerField())


def _progress_of(columns: Columns) -> Progress:
    dates = [each for each in columns["judged_at"] if each]
    items, wanted, complete = (int(columns[name].sum()) for name in ("items", "wanted", "finished"))
    return Progress(items, wanted, complete, max(dates, default=None))


def _progress(study: Study, selection: Selection) -> Progress:
    """Of the chosen items as a whole: what is wanted of them is not a matter of single judgments."""
    counted = selection.items(study).aggregate(
        items=Count("pk"),
        wanted=Sum("overlap", default=0),
        items_complete=Count("pk", filter=Q(n_judged=F("overlap"))),
        updated_at=Max("judged_at"),
    )
    return Progress(**counted)
