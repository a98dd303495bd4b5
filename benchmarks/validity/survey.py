"""Figures assisted by p_yes: do their intervals keep 95 %, and how narrow are they, from good to adversarial p_yes?

Coverage of what holds of the run's own 7,200 intentions, and mean width over that of the design's interval.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.bars import Row, at_most, within
from benchmarks.validity.batch import Design, Shares, assisted_recall, assisted_share, design_share
from benchmarks.validity.worlds import HIGH, USUAL, World, samples, world
from stats.survey.assisted import Assisted, assisted_quality, assisted_rate
from stats.survey.run import run_totals

Floats = NDArray[np.float64]

SHARES = {"69 %": USUAL, "98 %": HIGH}
RUNS = 5
MEASURED = ("plausible", "accuracy", "precision", "recall")
SIZES, KINDS = (60, 200, 400), ("good", "useless", "adversarial")
COVERAGE = (0.93, 0.985)
CHECKED = 5  # replications of each cell that the functions of `stats` compute as well
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Figure:
    """Numerator, denominator and auxiliaries, of all intentions; `inside` is the domain that the filter tells."""

    y: Floats
    x: Floats
    known: Floats
    inside: NDArray[np.bool_]

    @property
    def truth(self) -> float:
        return float(self.y[self.inside].sum() / self.x[self.inside].sum())

    @property
    def totals(self) -> Floats:
        return self.known[self.inside].sum(axis=0)


def rows(replications: int) -> Iterator[Row]:
    cells = itertools.product(SHARES, KINDS, SIZES, ("simple", "stratified"))
    for share, kind, n, design in cells:
        yield from _cell(share, kind, n, design, replications)


def _cell(share: str, kind: str, n: int, design: str, replications: int) -> Iterator[Row]:
    """Over several runs, since with few items the share that is true of one run alone makes coverage jump."""
    found = []
    for seed in range(RUNS):
        rng = np.random.default_rng(seed)
        run = world(SHARES[share], rng).with_p_yes(kind, rng)
        found.append(_studies(run, n, design, replications // RUNS, rng))
    for name in found[0]:
        what = f"{name}, {share} plausible, {kind} p_yes, {design} sample of {n}"
        covers, without = (np.mean([each[name][k].covers(each[name].truth) for each in found]) for k in (0, 1))
        widths = [sum(each[name][k].width() for each in found) for k in (0, 1)]
        yield within(f"coverage of {what} ({without:.1%} without)", float(covers), *COVERAGE)
        # To two places, as the bars are.
        yield at_most(f"width of {what}", round(widths[0] / widths[1], 2), _widest(name, share, kind, design))


class Study(NamedTuple):
    with_p_yes: Shares
    without: Shares
    truth: float


def _studies(run: World, n: int, design: str, replications: int, rng: np.random.Generator) -> dict[str, Study]:
    stratum = np.zeros(len(run.p_yes), dtype=np.int64) if design == "simple" else run.stratum()
    drawn = samples(stratum, n, replications, rng)
    weights = (np.bincount(stratum) / np.bincount(stratum[drawn[0]]))[stratum[drawn[0]]]
    _check(run, stratum, drawn, weights, design)
    found, of = all_measured(run, drawn, stratum[drawn[0]], weights, design), figures(run, design)
    return {name: Study(*found[name], of[name].truth) for name in MEASURED}


def _widest(name: str, share: str, kind: str, design: str) -> float:
    # Strata by verdict already use most of what p_yes says.
    if name != "plausible" or kind == "useless" or design == "stratified":
        return 1.01
    return {"69 %": 0.93 if kind == "good" else 1.01, "98 %": 1.0}[share]


def figures(run: World, design: str) -> dict[str, Figure]:
    y, p, kept, one = run.plausible, run.p_yes, run.kept, np.ones(len(run.p_yes))
    everywhere = one > 0
    rightly, predicted = np.where(kept, y, 1 - y), np.where(kept, p, 1 - p)
    of_accuracy = [one, predicted] if design == "simple" else [one, predicted, kept]
    return {
        "plausible": Figure(y, one, np.stack([one, p], 1), everywhere),
        "accuracy": Figure(rightly, one, np.stack(of_accuracy, 1), everywhere),
        "precision": Figure(y, one, np.stack([one, p], 1), kept),
        "rejected": Figure(y, one, np.stack([one, p], 1), ~kept),
        "recall": Figure(kept * y, y, np.stack([one, kept], 1), everywhere),
    }


def all_measured(
    run: World, drawn: NDArray[np.int64], stratum: NDArray[np.int64], weights: Floats, design: str
) -> dict[str, list[Shares]]:
    """Recall is put together from precision and what is plausible of the rejected."""
    found = {name: measured(figure, drawn, stratum, weights) for name, figure in figures(run, design).items()}
    alone = found["recall"][1]
    recall = assisted_recall(float(run.kept.mean()), found["precision"][0], found["rejected"][0], alone)
    return found | {"recall": [recall, alone]}


def measured(figure: Figure, drawn: NDArray[np.int64], stratum: NDArray[np.int64], weights: Floats) -> list[Shares]:
    """With p_yes and by the design alone."""
    parts = []
    for at in np.array_split(drawn, max(1, len(drawn) // AT_ONCE)):
        design = Design(stratum, weights, figure.inside[at])
        y, x = figure.y[at], figure.x[at]
        known = figure.known[at] * figure.inside[at][..., np.newaxis]
        parts.append((assisted_share(y, x, known, figure.totals, design), design_share(y, x, design)))
    return [
        Shares(*(np.concatenate([getattr(part[which], name) for part in parts]) for name in ("value", "low", "high")))
        for which in (0, 1)
    ]


def _check(run: World, stratum: NDArray[np.int64], drawn: NDArray[np.int64], weights: Floats, design: str) -> None:
    """That the functions of `stats` say the same of the first replications."""
    sums = [np.bincount(stratum, each) for each in (np.ones(len(stratum)), run.kept, run.p_yes, run.kept * run.p_yes)]
    totals = run_totals(*sums, strata=np.arange(len(sums[0])))
    batch = all_measured(run, drawn[:CHECKED], stratum[drawn[0]], weights, design)
    for k, at in enumerate(drawn[:CHECKED]):
        drawn_as = {"weights": weights, "strata": stratum[at]}
        quality = assisted_quality(run.plausible[at], run.kept[at], run.p_yes[at], totals, **drawn_as)
        one = {"plausible": assisted_rate(run.plausible[at], run.p_yes[at], totals, **drawn_as)}
        one |= {name: getattr(quality, name) for name in ("accuracy", "precision", "recall")}
        for name, figure in one.items():
            _same(figure, batch[name][0], k)


def _same(one: Assisted, many: Shares, k: int) -> None:
    if one.figure.value is None:
        assert np.isnan(many.value[k])
        return
    wanted = (one.figure.value, *one.figure.ci95)
    np.testing.assert_allclose((many.value[k], many.low[k], many.high[k]), wanted, rtol=1e-7, atol=1e-9)
