"""Figures of a run from its judged sample, assisted by p_yes, which is known of every intention.

Each falls back to the estimate of the design alone, and says why, where p_yes can't help.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate
from stats.filter.quality import NOTHING_KEPT, NOTHING_PLAUSIBLE, NOTHING_REJECTED
from stats.intervals import NO_VARIANCE
from stats.rates import NO_JUDGMENTS
from stats.sample import Sample, numbers, sample_of
from stats.sums import sums
from stats.survey.recall import recall_bounds
from stats.survey.regression import Auxiliaries, calibrate, left_over, regression_ratio
from stats.survey.run import RunTotals

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Each slope is learned from the judged items themselves: from fewer it costs more than it gives.
ITEMS_PER_SLOPE = 10
ALIKE = "p_yes is the same for all judged items"
TOO_FAR = "the run's total of p_yes lies too far from the sample's"
# Slopes that are learned from noise only add to it.
TELLS_NOTHING = "p_yes tells no more of the judged items than its slopes cost"
NO_NARROWER = "with p_yes the interval would be no narrower"
NARROWER = 1 - 1e-9  # in whatever order rows are added up


@dataclass(frozen=True, slots=True)
class Assisted:
    """`figure` is to be shown, `design` is what the sample says without p_yes.

    `counts_like` is how many items it would take for the same variance without p_yes: 400 may count like 477; None
    where nothing varies. Where p_yes can't be used `figure` is that of the design and `fallback` says why.
    """

    figure: Estimate
    design: Estimate
    counts_like: float | None = None
    fallback: str = ""

    def as_dict(self) -> dict[str, object]:
        leaf = self.figure.as_dict() | {"without_p_yes": self.design.as_dict(), "counts_like": self.counts_like}
        return leaf | {"fallback": self.fallback} if self.fallback else leaf


@dataclass(frozen=True, slots=True)
class AssistedQuality:
    accuracy: Assisted
    precision: Assisted
    recall: Assisted
    false_rejection_rate: Assisted

    def as_dict(self) -> dict[str, object]:
        return {field.name: getattr(self, field.name).as_dict() for field in fields(self)}


@dataclass(frozen=True, slots=True)
class _World:
    """A sample with the weights that its run's strata give it, their totals, and why p_yes can't be used, if so.

    `rows` counts all rows, also where the others are limited to some.
    """

    sample: Sample
    kept: Bools
    p_yes: Floats
    run: RunTotals
    problem: str
    rows: int

    def where(self, rows: Bools) -> "_World":
        return replace(self, sample=self.sample.where(rows), kept=self.kept[rows], p_yes=self.p_yes[rows])

    def knowing(self, of_rows: tuple[ArrayLike, ...], totals: tuple[Floats, ...]) -> Auxiliaries:
        columns = np.stack([np.broadcast_to(each, len(self.p_yes)) for each in of_rows], axis=1)
        return Auxiliaries(columns.astype(float), np.array([each.sum() for each in totals]))


def assisted_rate(
    share: ArrayLike,
    p_yes: ArrayLike,
    run: RunTotals,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    *,
    domain: ArrayLike | None = None,
    items: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
) -> Assisted:
    """The run's mean of `share`, such as the share of an item's annotators who say yes; auxiliaries 1 and p_yes.

    Arguments (rows,) as in `hajek_rate`, with `weights` 1/inclusion probability; only rows alike in p_yes may be
    grouped. A `domain` that only judging tells, as "asked for typicality", limits the mean to it. Strata of the run
    without a judged item are left out, as their items weigh nothing.
    """
    y, p = np.asarray(share, dtype=float), np.asarray(p_yes, dtype=float)
    within = np.ones(len(y)) if domain is None else np.asarray(domain, dtype=float)
    world = _world(np.zeros(len(y), dtype=bool), p, run, weights=weights, strata=strata, items=items, clusters=clusters)
    known = world.knowing((1, p), (world.run.intentions, world.run.p_yes))
    return _assisted(np.where(within > 0, y, 0), within, known, world, NO_JUDGMENTS)


def assisted_quality(
    plausible: ArrayLike,
    kept: ArrayLike,
    p_yes: ArrayLike,
    run: RunTotals,
    *,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    items: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
) -> AssistedQuality:
    """The filter against people who found items `plausible` (1, or 0, or between them where they are split).

    Arguments (rows,) as in `assisted_rate`. Auxiliaries: for accuracy 1 and the predicted correctness, p_yes if kept
    and 1 - p_yes if not, and kept where there are strata; for precision 1 and p_yes within the kept, for false
    rejections within the rejected. Recall is put together from these two and the kept share, which is known: with
    slopes in both that is the ratio of two estimates by 1, kept, p_yes and kept·p_yes.
    """
    y, kept, p = np.asarray(plausible, dtype=float), np.asarray(kept, dtype=bool), np.asarray(p_yes, dtype=float)
    world = _world(kept, p, run, weights=weights, strata=strata, items=items, clusters=clusters)
    precision, rejections = _precision(y, world), _false_rejections(y, world)
    recall = _recall(y, world, precision.figure, rejections.figure)
    return AssistedQuality(_accuracy(y, world), precision, recall, rejections)


def _accuracy(y: Floats, world: _World) -> Assisted:
    run, kept, p = world.run, world.kept, world.p_yes
    rightly = run.kept_p_yes + (run.intentions - run.kept) - (run.p_yes - run.kept_p_yes)
    of_rows: tuple[ArrayLike, ...] = (1, np.where(kept, p, 1 - p))
    totals: tuple[Floats, ...] = (run.intentions, rightly)
    if world.sample.stratum.any():
        # One slope from kept to rejected would mix what lies between the strata into what p_yes says within them.
        of_rows, totals = (*of_rows, kept), (*totals, run.kept)
    return _assisted(np.where(kept, y, 1 - y), np.ones(len(y)), world.knowing(of_rows, totals), world, NO_JUDGMENTS)


def _precision(y: Floats, world: _World) -> Assisted:
    among = world.where(world.kept)
    known = among.knowing((1, among.p_yes), (world.run.kept, world.run.kept_p_yes))
    return _assisted(y[world.kept], np.ones(len(among.p_yes)), known, among, NOTHING_KEPT)


def _recall(y: Floats, world: _World, precision: Estimate, rejections: Estimate) -> Assisted:
    """It counts like as many more items as its interval is narrower, squared."""
    run, design = world.run, world.sample.ratio(world.kept * y, y, NOTHING_PLAUSIBLE if world.rows else NO_JUDGMENTS)
    if design.value is None:
        return Assisted(design, design)
    known = world.knowing((1, world.kept), (run.intentions, run.kept))
    if problem := world.problem or _cannot_regress(known, world.sample):
        return Assisted(design, design, fallback=problem)
    parts = [(each.value or 0.0, *(each.ci95 or (0, 1))) for each in (precision, rejections)]
    value, low, high = (float(each) for each in recall_bounds(float(run.kept.sum() / run.intentions.sum()), *parts))
    figure = Estimate(value, (low, high), design.n)
    if not _width(figure) < _width(design) * NARROWER:
        return Assisted(design, design, fallback=NO_NARROWER)
    return Assisted(figure, design, design.n * (_width(design) / _width(figure)) ** 2)


def _false_rejections(y: Floats, world: _World) -> Assisted:
    run, among = world.run, world.where(~world.kept)
    known = among.knowing((1, among.p_yes), (run.intentions - run.kept, run.p_yes - run.kept_p_yes))
    return _assisted(y[~world.kept], np.ones(len(among.p_yes)), known, among, NOTHING_REJECTED)


def _assisted(y: Floats, x: Floats, known: Auxiliaries, world: _World, reason: str) -> Assisted:
    sample = world.sample
    design = sample.ratio(y, x, reason if world.rows else NO_JUDGMENTS)
    if design.value is None:
        return Assisted(design, design)
    if world.problem:
        return Assisted(design, design, fallback=world.problem)
    if problem := _cannot_regress(known, sample):
        return Assisted(design, design, fallback=problem)
    alone = float(sample.variance(sample.weights * (y - design.value * x) / sample.total(x))[0])
    regressed = regression_ratio(y, x, known, sample, alone=alone)
    if regressed is None:
        return Assisted(design, design, fallback=TOO_FAR)
    left = left_over(y - design.value * x, known, sample) / sample.total(x) ** 2
    if alone <= NO_VARIANCE or not left < alone * NARROWER:
        return Assisted(design, design, fallback=TELLS_NOTHING)
    counts_like = design.n * alone / regressed.variance if regressed.variance > NO_VARIANCE else None
    return Assisted(regressed.estimate, design, counts_like)


def _width(figure: Estimate) -> float:
    low, high = figure.ci95 or (0.0, 1.0)
    return high - low


def _cannot_regress(known: Auxiliaries, sample: Sample) -> str:
    slopes = calibrate(known, sample).slopes
    if not slopes:
        return ALIKE
    everything = sample.total(np.ones(len(sample.items)))
    # Rounded: 20 items of one weight are 20, in whatever order they are added up.
    effective, needed = round(sample.kish(sample.weights / everything), 6), ITEMS_PER_SLOPE * (slopes + 1)
    return f"{effective:.0f} items in effect are too few to learn from: {needed} are needed" * (effective < needed)


def _world(
    kept: Bools,
    p_yes: Floats,
    run: RunTotals,
    *,
    weights: ArrayLike | None,
    strata: ArrayLike | None,
    items: ArrayLike | None,
    clusters: ArrayLike | None,
) -> _World:
    weight, items = numbers(weights, len(p_yes)), numbers(items, len(p_yes))
    names, stratum = np.unique(np.zeros(len(p_yes), int) if strata is None else np.asarray(strata), return_inverse=True)
    judged = sums(stratum, items, len(names))
    run, problem = _matched(run, names, judged) if len(p_yes) else (run, "")
    if not problem and run.strata is not None:
        weight = weight * (run.intentions / np.bincount(stratum, items * weight))[stratum]
    sample = sample_of(len(p_yes), weight, strata, items=items, clusters=clusters)
    return _World(sample, kept, p_yes, run, problem or _missing(p_yes, run), len(p_yes))


def _matched(run: RunTotals, names: NDArray[Any], judged: Floats) -> tuple[RunTotals, str]:
    """The totals in the order of the sample's strata, those of strata without a judged item left out."""
    if run.strata is None:
        judged = np.atleast_1d(judged.sum())
    else:
        place = run.place(names)
        if (place < 0).any():
            return run, f"the run has no intentions of {names[place.argmin()]} any more, of which some were judged"
        run = run.at(place)
    if (short := judged > run.intentions).any():
        n, left = judged[short][0], run.intentions[short][0]
        return run, f"the run has shrunk since the sample: {left:,.0f} intentions are left where {n:,.0f} were judged"
    return run, ""


def _missing(p_yes: Floats, run: RunTotals) -> str:
    missing = run.without_p_yes.sum()
    if missing:
        return f"p_yes is missing for {missing:,.0f} of the run's {run.intentions.sum():,.0f} verdicts"
    return "p_yes is missing for some judged items" if np.isnan(p_yes).any() else ""
