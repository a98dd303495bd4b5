"""The judged items of a study, grouped by the database into rows that are alike; `numbers` computes from these.

Live figures come from the tallies on the items. Only where single judgments are chosen are these read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from django.db.models import Count, Max, Sum
from numpy.typing import NDArray

from annotation.figures.rows.alike import Columns, rows_alike
from annotation.figures.rows.tallied import units_sql
from annotation.figures.rows.together import Together
from annotation.models import Study
from annotation.scales import Question
from annotation.selection import Selection
from common.complete import fully_judged_q, wanted_sql
from common.kept import kept_sql
from stats.packing import unpack
from stats.survey.nonresponse import Response, reweighted

By = Literal["relation", "category", "run"]

BY = {"relation": "t.relation", "category": "t.category", "run": "t.run_id"}
# In a study of so many items p(yes) of each is read along, to tighten its figures; in larger ones there is little to
# gain, and a page would wait for as many rows.
MOST_ALONE = 10_000


@dataclass(frozen=True, slots=True)
class Patterns:
    """Columns of equal length; row r stands for `items[r]` judged items alike. `filtered` is false where no filter was
    asked; of `complete` items nobody can still be asked; `packed` has the counts as one number, see `stats.packing`.

    With their `weights` the judged speak for all that were drawn, and so do the complete, where they are asked alone.
    `p_yes` is NaN where there is none, and everywhere in a study of more than MOST_ALONE items.
    """

    items: NDArray[np.int64]
    group: NDArray[np.str_]
    kept: NDArray[np.bool_]
    filtered: NDArray[np.bool_]
    complete: NDArray[np.bool_]
    stratum: NDArray[np.int64]
    strata: NDArray[np.str_]
    inclusion: NDArray[np.float64]
    p_yes: NDArray[np.float64]
    weights: NDArray[np.float64]
    complete_weights: NDArray[np.float64]
    response: Response | None
    packed: dict[str, NDArray[np.int64]]
    counts: dict[str, NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Progress:
    items: int
    wanted: int
    items_complete: int
    updated_at: datetime | None


def patterns(
    study: Study, selection: Selection, by: By = "relation", *, adjudicated: bool = False, keep: Together | None = None
) -> tuple[Patterns, Progress]:
    """The patterns of the judged items, and how far all items are. `adjudicated`: an item that has an adjudicator's
    answer has this one vote on the first question and no other. `keep`: see `rows_alike`."""
    alone = {"p_yes": "t.p_yes"} if study.n_items <= MOST_ALONE else {}
    columns = rows_alike(
        study,
        selection,
        {
            "group": BY[by],
            "kept": kept_at(study),
            "complete": complete_in(study),
            "stratum": "t.stratum",
            "inclusion": "t.inclusion_probability",
            "plausibility": _adjudicated(study) if adjudicated else "t.plausibility_tally",
            "typicality": "t.typicality_tally",
            **alone,
        },
        enough=enough_in(study),
        keep=keep,
    )
    if by == "run":
        names = {run.pk: run.name for run in study.runs_in_order}
        columns["group"] = np.array([names[pk] for pk in columns["group"]], dtype=object)
    progress = _progress_of(columns) if not selection.chooses_judgments else _progress(study, selection)
    return patterns_of(columns, study.questions, has_unjudged=not selection.chooses_judgments), progress


def _adjudicated(study: Study) -> str:
    return f"CASE t.adjudicated {units_sql(study.questions[0])} ELSE t.plausibility_tally END"


def complete_in(study: Study) -> str:
    """SQL for whether nobody can still be asked of an item."""
    if study.state == Study.State.CLOSED:
        return "true"
    return f"t.asked >= {enough_in(study)}"


def enough_in(study: Study) -> str:
    """SQL for how many judgments make an item complete."""
    return wanted_sql("t") if study.was_raised else "t.overlap"


def kept_at(study: Study) -> str:
    """SQL for whether the filter keeps an item at its run's strictness; written out, as a join costs as much again."""
    strictness = "".join(f" WHEN {run.pk:d} THEN {run.strictness!r}::float8" for run in study.runs_in_order)
    return kept_sql("t.p_yes", f"CASE t.run_id{strictness} END", "t.filter_yes")


def patterns_of(columns: Columns, questions: Sequence[Question], *, has_unjudged: bool) -> Patterns:
    """Of the judged; the unjudged, where they are there, say for whom these speak."""
    drawn = _drawn(columns)
    judged = columns["plausibility"] > 0
    response = drawn.response(judged) if has_unjudged else None
    complete = judged & columns["complete"].astype(bool)
    of_complete = drawn.response(complete, among=drawn.filtered) if has_unjudged else None
    counted = {question.name: columns[question.name][judged].astype(np.int64) for question in questions}
    return Patterns(
        items=drawn.items[judged],
        group=columns["group"][judged].astype(str),
        kept=columns["kept"][judged].astype(bool),
        filtered=drawn.filtered[judged],
        complete=complete[judged],
        stratum=np.unique(drawn.stratum[judged], return_inverse=True)[1],
        strata=drawn.stratum[judged],
        inclusion=drawn.inclusion[judged],
        p_yes=drawn.p_yes[judged],
        weights=(response.weights if response else 1 / drawn.inclusion)[judged],
        complete_weights=(of_complete.weights if of_complete else 1 / drawn.inclusion)[judged],
        response=response,
        packed=counted,
        counts={each.name: unpack(counted[each.name], len(each.options)) for each in questions},
    )


@dataclass(frozen=True, slots=True)
class Drawn:
    """All items that were drawn, judged or not."""

    items: NDArray[np.int64]
    stratum: NDArray[np.str_]
    inclusion: NDArray[np.float64]
    p_yes: NDArray[np.float64]
    filtered: NDArray[np.bool_]

    def response(self, speaks: NDArray[np.bool_], *, among: NDArray[np.bool_] | None = None) -> Response:
        """Those who speak, weighted for all of these; others weigh nothing."""
        at = np.ones(len(self.items), dtype=bool) if among is None else among
        found = reweighted(speaks[at], 1 / self.inclusion[at], self.stratum[at], self.p_yes[at], items=self.items[at])
        weights = np.zeros(len(self.items))
        weights[at] = found.weights
        return replace(found, weights=weights)


def unjudged(study: Study, selection: Selection) -> Columns:
    """The chosen items that no judgment counts of, as `patterns_of` takes them beside the judged."""
    alone = {"p_yes": "t.p_yes"} if study.n_items <= MOST_ALONE else {}
    columns = rows_alike(
        study,
        selection,
        {
            "kept": "t.filter_yes",
            "stratum": "t.stratum",
            "inclusion": "t.inclusion_probability",
            "plausibility": "t.plausibility_tally",
            **alone,
        },
        enough=enough_in(study),
    )
    return {name: column[columns["plausibility"] == 0] for name, column in columns.items()}


def _drawn(columns: Columns) -> Drawn:
    items = columns["items"].astype(np.int64)
    return Drawn(
        items=items,
        stratum=columns["stratum"].astype(str),
        inclusion=columns["inclusion"].astype(float),
        p_yes=columns["p_yes"].astype(float) if "p_yes" in columns else np.full(len(items), np.nan),
        filtered=np.array([each is not None for each in columns["kept"].tolist()], dtype=bool),
    )


def _progress_of(columns: Columns) -> Progress:
    latest = max(filter(None, columns["judged_at"].tolist()), default=None)
    items, wanted, complete = (int(columns[name].sum()) for name in ("items", "wanted", "finished"))
    return Progress(items, wanted, complete, latest and datetime.fromtimestamp(latest, UTC))


def _progress(study: Study, selection: Selection) -> Progress:
    """Of the chosen items as a whole: what is wanted of them is not a matter of single judgments."""
    counted = selection.items(study).aggregate(
        items=Count("pk"),
        wanted=Sum("overlap", default=0),
        items_complete=Count("pk", filter=fully_judged_q()),
        updated_at=Max("judged_at"),
    )
    return Progress(**counted)
