"""Quality and the filter's accuracy by year, month and category, the trend over years, and the drift between runs."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from annotation.figures.periods.rows import Dated
from annotation.figures.rates import enough
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.kinds import Rows
from annotation.figures.rows.live import Live
from annotation.figures.rows.totals import totals
from annotation.models import Study
from annotation.selection import EVERYTHING
from stats.differences.contrasts import part_difference, slope
from stats.estimate import Estimate, undefined
from stats.groups import Groups, side_by_side
from stats.survey.run import kept_difference

Period = Literal["year", "month", "category"]
PERIODS: tuple[Period, ...] = ("year", "month", "category")
MEASURES = {"plausible": "Plausible", "typical": "Typical", "right": "Filter right"}
MONTHS = ("", "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """By group, in the order of the names: `raw` and drawn towards all; `trend` is per year."""

    name: str
    title: str
    raw: list[Estimate]
    pooled: list[Estimate]
    found: Groups
    trend: Estimate

    def as_dict(self) -> dict[str, Any]:
        test = self.found.heterogeneity
        return {
            "overall": self.found.overall.as_dict(),
            "trend_per_year": self.trend.as_dict(),
            "heterogeneity": test.as_dict() if test else None,
        }


@dataclass(frozen=True, slots=True)
class Drift:
    """A later run less the one before it."""

    later: str
    earlier: str
    figures: dict[str, Estimate]  # by the name of what differs

    def as_dict(self) -> dict[str, Any]:
        return {
            "later": self.later,
            "earlier": self.earlier,
            "differences": {name: each.as_dict() for name, each in self.figures.items()},
        }


@dataclass(frozen=True, slots=True)
class Periods:
    by: Period
    names: list[str]
    items: list[int]
    judged: int
    undated: int
    measures: list[Measure]
    drift: list[Drift]

    def as_dict(self) -> dict[str, Any]:
        groups = [
            {"name": name, "items": items}
            | {each.name: {"raw": each.raw[i].as_dict(), "pooled": each.pooled[i].as_dict()} for each in self.measures}
            for i, (name, items) in enumerate(zip(self.names, self.items, strict=True))
        ]
        return {
            "by": self.by,
            "judged": self.judged,
            "undated": self.undated,
            "groups": groups,
            "measures": {each.name: each.as_dict() for each in self.measures},
            "drift": [each.as_dict() for each in self.drift],
        }


@transaction.atomic
def periods(study: Study, by: Period) -> Periods:
    return periods_of(Live(Asked(study)), by)


def periods_of(of: Rows, by: Period) -> Periods:
    every = of.dated()
    dated = every.year > 0
    rows = every if by == "category" else every.where(dated)
    names, code = _groups(rows, by)
    return Periods(
        by=by,
        names=names,
        items=np.bincount(code, minlength=len(names)).tolist(),
        judged=len(every.year),
        undated=int((~dated).sum()),
        measures=[_measure(name, rows, every.where(dated), code, len(names)) for name in MEASURES],
        drift=_drift(of.asked.study, every),
    )


def _groups(rows: Dated, by: Period) -> tuple[list[str], NDArray[np.int64]]:
    values, code = np.unique(getattr(rows, by), return_inverse=True)
    names = [MONTHS[each] for each in values] if by == "month" else [str(each) for each in values]
    return names, code.astype(np.int64)


def _measure(name: str, rows: Dated, dated: Dated, code: NDArray[np.int64], groups: int) -> Measure:
    values, among = rows.values(name)
    raw = [rows.sample.ratio(values * within, within, "no judgments yet") for within in _parts(code, among, groups)]
    found = side_by_side(raw)
    of_dated, have = dated.values(name)
    years = dated.year + (np.maximum(dated.month, 1) - 0.5) / 12
    return Measure(
        name=name,
        title=MEASURES[name],
        raw=[enough(rate) for rate in raw],
        pooled=[enough(rate) for rate in found.pooled],
        found=found,
        trend=slope(of_dated, years, dated.sample, have),
    )


def _parts(code: NDArray[np.int64], among: NDArray[np.bool_], groups: int) -> list[NDArray[np.float64]]:
    return [((code == group) & among).astype(float) for group in range(groups)]


def _drift(study: Study, every: Dated) -> list[Drift]:
    """By the order in which runs were begun."""
    runs = list(study.runs.order_by("created_at", "pk"))
    whole = totals(study, EVERYTHING, "run") if len(runs) > 1 else None
    found = []
    for earlier, later in pairwise(runs):
        figures = {}
        for name, title in MEASURES.items():
            values, among = every.values(name)
            figures[title] = part_difference(
                values, every.run == later.pk, every.run == earlier.pk, every.sample, among
            )
        if whole is not None:
            (kept, of), (kept_before, of_before) = whole.counted(later.name), whole.counted(earlier.name)
            both = of and of_before
            unknown = undefined("one of the runs has no filter")
            figures["Kept"] = kept_difference((kept, kept_before), (of, of_before)) if both else unknown
        found.append(Drift(later.name, earlier.name, figures))
    return found
