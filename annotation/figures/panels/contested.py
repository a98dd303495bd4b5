"""On which items people are split, and how far."""

from dataclasses import dataclass

import numpy as np

from annotation.figures.numbers import positive
from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.panels.shares import TICKS, said
from annotation.figures.plots import Dots, dots
from annotation.figures.rows.kinds import Rows
from annotation.figures.tables import Column, Table
from annotation.figures.words import large
from stats.estimate import Estimate
from stats.people.contested import entropy
from stats.rates import wilson


@dataclass(frozen=True, slots=True)
class Split:
    """Items on which so many say plausible and so many not; `bits` is the entropy of the split."""

    items: int
    bits: float


@dataclass(frozen=True, slots=True)
class Contested:
    """Of `several` items with two votes or more some are contested; `by_kept` among those the filter keeps, and not."""

    several: int
    contested: Estimate
    by_kept: dict[bool, Estimate]
    splits: dict[tuple[int, int], Split]


def numbers(rows: Rows) -> Contested:
    judged, _ = rows.judged()
    yes, n = positive(judged, rows.asked.study.questions[0])
    several, split = n >= 2, (yes > 0) & (yes < n)

    def share(among: np.ndarray) -> Estimate:
        return wilson(int(judged.items @ (among & split)), int(judged.items @ among))

    kinds, kind = np.unique(np.stack([yes, n - yes], axis=1)[several], axis=0, return_inverse=True)
    items = np.bincount(kind.ravel(), judged.items[several], len(kinds)).astype(int).tolist()
    splits = zip(kinds.tolist(), items, entropy(kinds).tolist(), strict=True)
    return Contested(
        several=int(judged.items @ several),
        contested=share(several),
        by_kept={kept: share(several & judged.filtered & (judged.kept == kept)) for kept in (True, False)},
        splits={(one, other): Split(count, bits) for (one, other), count, bits in splits},
    )


def shares(found: Contested) -> dict[str, Estimate]:
    kept = {"Kept by the filter": found.by_kept[True], "Rejected by it": found.by_kept[False]}
    return {"All": found.contested} | {name: share for name, share in kept.items() if share.n}


def words(found: Contested) -> Shown:
    if not found.several:
        return Shown(empty="No item has two judgments yet.")
    split = round((found.contested.value or 0) * found.contested.n)
    columns = (Column("Say plausible", "count"), Column("Say not", "count"), Column("Items", "count"),
               Column("Entropy in bits", "number"))  # fmt: skip
    most_first = sorted(found.splits.items(), key=lambda named: (-named[1].bits, -sum(named[0])))
    return Shown(
        short=f"On {large(split)} of {large(found.several)} items with two judgments or more people differ on "
        "plausible: share of these items, with 95 % interval. There a further vote, or a decision, is worth most.",
        table=Table(
            "Items by how people are split",
            columns,
            [(*votes, split.items, round(split.bits, 3)) for votes, split in most_first],
        ),
        links=(("Contested items, the most first", "show=contested"),),
    )


def plot(found: Contested) -> Dots:
    return dots(
        [(name, share, *said(share)) for name, share in shares(found).items()],
        label="Share of items on which people differ; the table has the splits",
        across="Share of items on which people differ",
        ticks=TICKS,
    )


PANEL = Panel(
    "contested",
    "Where people are split",
    How(
        "Items with two judgments or more that do not all say the same on plausible. The list sorts them by the "
        "entropy of the split: 1 bit where as many say yes as no. It speaks of the sample, and of the votes that an "
        "item has, so it is for finding items and not for comparing studies. Extra votes, which a study may ask for on "
        "such items, are in the latent truth alone: asked for because of what was said, they would bias the rest.",
        "H = −Σ pₖ log₂ pₖ",
        "Shannon 1948; interval: Wilson 1927.",
    ),
    numbers,
    words,
    plot,
)
