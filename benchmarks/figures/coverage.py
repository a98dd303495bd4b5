"""Do the 95 % intervals hold the truth in 95 % of studies, and do the weights take the bias out?

python -m benchmarks.figures.coverage [bias]: 1,000 studies of 200 items, or 500 samples of a known population.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.bars import points, show, show_all, within
from stats.agreement.coefficients import fleiss_kappa, gwet_ac1, krippendorff_alpha
from stats.estimate import Estimate
from stats.filter.quality import confusion
from stats.rates import hajek_rate
from stats.sample import sample_of
from stats.votes import majority

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Figures = dict[str, Estimate]

ITEMS, STUDIES, BAR = 200, 1000, (0.93, 0.97)
# Strata of the run: how large, how plausible their intentions are on the scale of the annotators' doubt.
SIZES = np.array([0.1, 0.2, 0.3, 0.4])
PLAUSIBILITY = np.array([1.6, 0.9, 0.3, -0.5])
# Twelve annotators from lenient to strict, and from careful to careless.
LENIENCE = np.linspace(0.7, -0.7, 12)
CARE = np.tile([2.4, 1.6, 1.0], 4)
OVERLAP, PRESENT = 3, 0.85
COBUY_SPREAD, ITEM_SPREAD = 0.7, 1.0


@dataclass(frozen=True, slots=True)
class Judged:
    """Items of a study, (items,): how many of those who judged said yes, how many judged, the filter's verdict."""

    yes: Codes
    judged: Codes
    kept: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The items a design draws: their stratum, co-buy, and 1/inclusion probability."""

    stratum: Codes
    cobuy: Codes
    weights: Floats


def judge(drawn: Drawn, rng: np.random.Generator) -> Judged:
    """Each item has a plausibility of its own and shares one with its co-buy; three annotators, not all there."""
    n = len(drawn.stratum)
    of_cobuy = rng.normal(0, COBUY_SPREAD, drawn.cobuy.max() + 1)[drawn.cobuy]
    plausibility = PLAUSIBILITY[drawn.stratum] + of_cobuy + rng.normal(0, ITEM_SPREAD, n)
    who = rng.random((n, len(CARE))).argpartition(OVERLAP, axis=1)[:, :OVERLAP]
    says_yes = rng.random((n, OVERLAP)) < _logistic(CARE[who] * (plausibility[:, np.newaxis] + LENIENCE[who]))
    present = rng.random((n, OVERLAP)) < PRESENT
    kept = plausibility + rng.normal(0, 1, n) > 0
    return Judged((says_yes & present).sum(axis=1), present.sum(axis=1), kept)


def simple(rng: np.random.Generator, items: int = ITEMS) -> Drawn:
    """Any intention of the run, each with the same chance."""
    return Drawn(rng.choice(len(SIZES), items, p=SIZES), np.arange(items), np.ones(items))


def stratified(rng: np.random.Generator, items: int = ITEMS) -> Drawn:
    """As many of each stratum, so that those of small ones weigh less."""
    stratum = np.repeat(np.arange(len(SIZES)), items // len(SIZES))
    return Drawn(stratum, np.arange(items), SIZES[stratum])


def uneven(rng: np.random.Generator, items: int = ITEMS) -> Drawn:
    """Small strata sampled sixteen times as densely as the largest."""
    taken = (0.4 * items, 0.4 * items, 0.1 * items, 0.1 * items)
    stratum = np.repeat(np.arange(len(SIZES)), np.array(taken, dtype=int))
    return Drawn(stratum, np.arange(items), SIZES[stratum] / np.bincount(stratum)[stratum])


def by_cobuy(rng: np.random.Generator, items: int = ITEMS) -> Drawn:
    """Co-buys with four intentions each, as many of each stratum."""
    cobuy = np.repeat(np.arange(items // 4), 4)
    stratum = cobuy % len(SIZES)
    return Drawn(stratum, cobuy, SIZES[stratum])


def across_strata(rng: np.random.Generator, items: int = ITEMS) -> Drawn:
    """Co-buys with an intention in each stratum, as where the strata are relations."""
    cobuy = np.repeat(np.arange(items // 4), 4)
    stratum = np.tile(np.arange(len(SIZES)), items // 4)
    return Drawn(stratum, cobuy, SIZES[stratum])


def plain_figures(drawn: Drawn, judged: Judged) -> Figures:
    return figures(judged, np.ones(len(judged.yes)), None, None)


def weighted_figures(drawn: Drawn, judged: Judged) -> Figures:
    return figures(judged, drawn.weights, drawn.stratum, None)


def clustered_figures(drawn: Drawn, judged: Judged) -> Figures:
    return figures(judged, drawn.weights, drawn.stratum, drawn.cobuy)


def figures(judged: Judged, weights: Floats, strata: Codes | None, cobuys: Codes | None) -> Figures:
    counts = np.stack([judged.judged - judged.yes, judged.yes], axis=1)
    any_judged, design = judged.judged > 0, {"strata": strata, "clusters": cobuys}
    sample = sample_of(len(weights), weights, **design)
    share = judged.yes / np.maximum(judged.judged, 1)
    winner = majority(counts).winner
    decided = winner >= 0
    of_decided = {name: codes if codes is None else codes[decided] for name, codes in design.items()}
    # Where nothing weighs, the page too gives Wilson's intervals of the counts.
    weighed = None if strata is None else weights[decided]
    quality = confusion(judged.kept[decided], winner[decided] == 1, weighed, **of_decided)
    return {
        "plausible": hajek_rate(share, 1 / weights, domain=any_judged, **design),
        "kept": hajek_rate(judged.kept, 1 / weights, **design),
        "alpha": krippendorff_alpha(counts, sample=sample),
        "AC1": gwet_ac1(counts, sample=sample),
        "kappa": fleiss_kappa(counts, sample=sample),
        **{name: getattr(quality, name) for name in ("accuracy", "precision", "recall", "specificity", "f1", "mcc")},
    }


DESIGNS: dict[str, tuple[Callable[..., Drawn], Callable[[Drawn, Judged], Figures]]] = {
    "plain": (simple, plain_figures),
    "weighted": (stratified, weighted_figures),
    "uneven": (uneven, weighted_figures),
    "co-buys": (by_cobuy, clustered_figures),
    "across": (across_strata, clustered_figures),
}


def truth(items: int = 1_000_000, seed: int = 0) -> dict[str, float]:
    """The figures of an endless run, judged by the same annotators under the same protocol."""
    rng = np.random.default_rng(seed)
    drawn = simple(rng, items)
    return {name: figure.value for name, figure in plain_figures(drawn, judge(drawn, rng)).items()}


def coverage(design: str, wanted: dict[str, float], studies: int = STUDIES, seed: int = 1) -> dict[str, float]:
    """Share of the studies whose interval holds the truth; a figure without an interval does not."""
    draw, figures_of = DESIGNS[design]
    rng, held = np.random.default_rng(seed), dict.fromkeys(wanted, 0)
    for _ in range(studies):
        drawn = draw(rng)
        for name, figure in figures_of(drawn, judge(drawn, rng)).items():
            held[name] += figure.ci95 is not None and figure.ci95[0] <= wanted[name] <= figure.ci95[1]
    return {name: count / studies for name, count in held.items()}


def population(rng: np.random.Generator, n: int = 20_000) -> tuple[Codes, NDArray[np.bool_]]:
    """Stratum and truth of each intention: half in a stratum that people like, half in one that they don't."""
    stratum = np.repeat([0, 1], n // 2)
    return stratum, rng.random(n) < np.where(stratum == 0, 0.75, 0.45)


def bias(samples: int = 500, seed: int = 2) -> tuple[float, float]:
    """Of the weighted rate and of the plain mean, where one stratum is sampled ten times as densely as the other."""
    rng = np.random.default_rng(seed)
    stratum, plausible = population(rng)
    chance = np.where(stratum == 0, 0.1, 0.01)
    weighted, plain = [], []
    for _ in range(samples):
        drawn = np.concatenate([_some_of(stratum == h, share, rng) for h, share in ((0, 0.1), (1, 0.01))])
        weighted.append(hajek_rate(plausible[drawn], chance[drawn], stratum[drawn]).value)
        plain.append(plausible[drawn].mean())
    return float(np.mean(weighted) - plausible.mean()), float(np.mean(plain) - plausible.mean())


def _some_of(members: NDArray[np.bool_], share: float, rng: np.random.Generator) -> Codes:
    ids = np.flatnonzero(members)
    return rng.choice(ids, round(share * len(ids)), replace=False)


def _logistic(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-x))


def main_coverage() -> int:
    wanted = truth()
    shares = {design: coverage(design, wanted) for design in DESIGNS}
    print(f"{STUDIES:,} studies of {ITEMS} items; coverage of the 95 % intervals")
    rows = [within(f"{name}, {design}", shares[design][name], *BAR) for name in wanted for design in DESIGNS]
    return not show_all(rows)


def main_bias() -> int:
    weighted, plain = bias()
    print("500 samples of a run of 20,000, strata sampled 10:1")
    told = f"the plain mean {100 * plain:+.2f} points"
    return not (show(points("the weighted mean is off by", weighted, 0.003), told) and abs(plain) > 0.03)


if __name__ == "__main__":
    sys.exit(main_bias() if "bias" in sys.argv[1:] else main_coverage())
