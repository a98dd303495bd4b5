"""Planning both ways: what so many items tell of each figure, and how many items tell so much."""

from dataclasses import dataclass

import numpy as np

from annotation.models import Study
from common.cached import cached
from common.counting import of_people_q
from stats.packing import unpack
from stats.planning import (
    ASSUMED_PAIRING,
    ASSUMED_SHARE,
    Design,
    alpha_variance,
    difference_found,
    difference_variance,
    half_width_of,
    items_for_difference,
    items_for_half_width,
    precision_variance,
    rate_variance,
    recall_variance,
)

# Assumed until a run is judged: precision and recall, and the share that the filter keeps.
ASSUMED_QUALITY, ASSUMED_KEPT = 0.8, 0.6
# Assumed until a study of people has told: 100 items count like 110.
ASSUMED_GAIN = 1.1
FEWEST_ITEMS, MOST_ITEMS = 100, 20_000
GAIN_KEPT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Wanted:
    """Shares: 0.05 are 5 points."""

    half_width: float = 0.05
    difference: float = 0.1


@dataclass(frozen=True, slots=True)
class Gain:
    """How many items an item counts like where p(yes) of the whole run is known; `source` says from where that is."""

    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Way:
    """Points for shares, hundredths for α; `difference` and `items_difference` are of each of two runs."""

    figure: str
    half_width: float
    difference: float
    items_width: int
    items_difference: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """`items` in all, and `of_each` run, `paired` or not."""

    items: int
    of_each: int
    paired: bool


def ways(sizes: Sizes, wanted: Wanted, *, overlap: int, effect: float, gain: Gain) -> list[Way]:
    """Agreement takes two annotators, and gains nothing by p(yes)."""
    assisted, plain = Design(effect, gain.value), Design(effect)
    rows = [
        ("Plausible", rate_variance(overlap=overlap), assisted),
        ("Precision", precision_variance(ASSUMED_QUALITY, ASSUMED_KEPT), assisted),
        ("Recall", recall_variance(ASSUMED_QUALITY, ASSUMED_SHARE), assisted),
    ]
    if overlap > 1:
        rows.append(("Agreement, α", alpha_variance(overlap=overlap), plain))
    return [_way(name, variance, design, sizes, wanted) for name, variance, design in rows]


def _way(name: str, variance: float, design: Design, sizes: Sizes, wanted: Wanted) -> Way:
    pair = difference_variance(variance, variance, ASSUMED_PAIRING if sizes.paired else 0)
    return Way(
        name,
        100 * half_width_of(variance, sizes.items, design),
        100 * difference_found(pair, sizes.of_each, design=design),
        items_for_half_width(variance, wanted.half_width, design),
        items_for_difference(pair, wanted.difference, design=design),
    )


def gain_known() -> Gain:
    """From the latest study of people with enough judged items, or assumed."""
    return cached("planning-gain", _gain, GAIN_KEPT_SECONDS)


def _gain() -> Gain:
    studies = Study.objects.of_ratings().filter(of_people_q(), n_items__gte=FEWEST_ITEMS)
    for study in studies.order_by("-created_at")[:5]:
        judged = study.items.sampled().filter(n_judged__gt=0, p_yes__isnull=False).order_by("order_key")
        rows = list(judged.values_list("p_yes", "plausibility_tally", "stratum")[:MOST_ITEMS])
        if len(rows) >= FEWEST_ITEMS:
            return Gain(_within_strata(study, rows), f"as in the study {study.name}")
    return Gain(ASSUMED_GAIN, "assumed")


def _within_strata(study: Study, rows: list[tuple[float, int, str]]) -> float:
    """1/(1 - r²) of p(yes) and the share who say yes: what a regression on p(yes) leaves of the variance (Särndal,
    Swensson and Wretman 1992, section 6.4), beyond what the strata explain already."""
    p_yes, tallies, strata = zip(*rows, strict=True)
    counts = unpack(np.array(tallies, dtype=np.int64), len(study.questions[0].options))
    share = counts @ study.questions[0].says_yes / counts.sum(axis=1)
    stratum = np.unique(np.array(strata, dtype=str), return_inverse=True)[1]
    p, y = (_centred(np.asarray(each, dtype=float), stratum) for each in (p_yes, share))
    spread = float(np.sqrt((p @ p) * (y @ y)))
    r = float(p @ y) / spread if spread > 1e-12 else 0.0
    return 1 / max(1 - r**2, 0.1)


def _centred(values: np.ndarray, stratum: np.ndarray) -> np.ndarray:
    return values - (np.bincount(stratum, values) / np.bincount(stratum))[stratum]
