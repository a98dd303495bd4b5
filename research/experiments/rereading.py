"""What people say of the control's intentions, read at another strictness or without a filter: no arm's own calls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.models import Study
from research.experiments.keeping import keeping
from research.experiments.pairs import agreeing, shares_of
from research.models import Arm
from stats.arms import ArmDifference, arm_difference, kept_difference
from stats.estimate import Estimate
from stats.sample import sample_of

NOTHING_KEPT = "nothing of what is kept was judged"
OF_KEPT = "{}, of what is kept"
AS_READ = "Filter accuracy, as read"
ITEMS = """
    SELECT i.cobuy_id, t.inclusion_probability, {arm}, {control}, t.plausibility_tally, t.typicality_tally
    FROM annotation_item t JOIN distillation_intention i ON i.id = t.intention_id
    JOIN distillation_verdict v ON v.intention_id = i.id
    WHERE t.study_id = %(study)s AND t.run_id = %(run)s AND t.gold IS NULL AND t.n_judged > 0 ORDER BY t.id
"""


@dataclass(frozen=True, slots=True)
class Reread:
    """A figure of what the arm's reading keeps, of what the control keeps, and their difference."""

    name: str
    of_arm: Estimate
    of_control: Estimate
    difference: ArmDifference


@dataclass(frozen=True, slots=True)
class _Items:
    """Judged ones: (items,); `arm` and `control` are 1 where the reading keeps it."""

    cobuy: NDArray[np.int64]
    weights: NDArray[np.float64]
    arm: NDArray[np.float64]
    control: NDArray[np.float64]

    def where(self, rows: NDArray[np.bool_]) -> _Items:
        return _Items(self.cobuy[rows], self.weights[rows], self.arm[rows], self.control[rows])


def reread(study: Study, arm: Arm, control: Arm) -> list[Reread]:
    read, own = keeping(arm, "a"), keeping(control, "b")
    with connection.cursor() as cursor:
        cursor.execute(
            ITEMS.format(arm=read.sql, control=own.sql),
            {**read.params, **own.params, "study": study.pk, "run": control.run_id},
        )
        rows = np.array(cursor.fetchall(), dtype=object).reshape(-1, 6)
    first, second = study.questions
    plausible, typical = shares_of(first, rows[:, 4]), shares_of(second, rows[:, 5])
    items = _Items(
        rows[:, 0].astype(np.int64), 1 / rows[:, 1].astype(float), rows[:, 2].astype(float), rows[:, 3].astype(float)
    )
    return [
        _of_kept(OF_KEPT.format(first.short), plausible, items),
        _of_kept(OF_KEPT.format(second.short), typical, items),
        _accuracy(plausible, items),
    ]


def _of_kept(name: str, yes: NDArray, items: _Items) -> Reread:
    there = ~np.isnan(yes)
    yes, items = yes[there], items.where(there)
    sample = sample_of(len(yes), items.weights, clusters=items.cobuy)
    return Reread(
        name,
        sample.ratio(items.arm * yes, items.arm, NOTHING_KEPT),
        sample.ratio(items.control * yes, items.control, NOTHING_KEPT),
        kept_difference(yes, items.arm, items.control, items.weights, clusters=items.cobuy),
    )


def _accuracy(plausible: NDArray, items: _Items) -> Reread:
    there = ~np.isnan(plausible)
    items = items.where(there)
    a, b = agreeing(items.arm, plausible[there]), agreeing(items.control, plausible[there])
    sample, one = sample_of(len(a), items.weights, clusters=items.cobuy), np.ones(len(a))
    return Reread(
        AS_READ,
        sample.ratio(a, one, NOTHING_KEPT),
        sample.ratio(b, one, NOTHING_KEPT),
        arm_difference(a, b, items.weights, clusters=items.cobuy),
    )
