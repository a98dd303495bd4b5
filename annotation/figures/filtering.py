"""The filter against people, from rows alike: on complete items, so that nothing drifts as votes come in."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotation.figures.patterns import Patterns
from annotation.scales import Question
from stats.filter.ceiling import Ceiling, human_ceiling
from stats.filter.complete import AgainstMajority, against_majority, without_figures
from stats.sample import Sample, sample_of

NO_VERDICTS = "the intentions have no verdict"


@dataclass(frozen=True, slots=True)
class OfComplete:
    """The complete items with a verdict, who speak for all with one: `yes` of `judged` annotators say plausible."""

    yes: NDArray[np.int64]
    judged: NDArray[np.int64]
    group: NDArray[np.str_]
    kept: NDArray[np.bool_]
    p_yes: NDArray[np.float64]
    strata: NDArray[np.str_]
    design: Sample

    def where(self, within: NDArray[np.bool_]) -> "OfComplete":
        of = self.design
        design = sample_of(int(within.sum()), of.weights[within], of.stratum[within], items=of.items[within])
        return OfComplete(
            yes=self.yes[within],
            judged=self.judged[within],
            group=self.group[within],
            kept=self.kept[within],
            p_yes=self.p_yes[within],
            strata=self.strata[within],
            design=design,
        )


def of_complete(rows: Patterns, plausibility: Question) -> OfComplete:
    counts = rows.counts[plausibility.name]
    yes, judged = counts @ plausibility.says_yes, counts.sum(axis=1)
    design = sample_of(len(yes), rows.complete_weights, rows.stratum, items=rows.items)
    every = OfComplete(yes, judged, rows.group, rows.kept, rows.p_yes, rows.strata, design)
    return every.where(rows.filtered & rows.complete)


def filter_against_majority(rows: Patterns, found: OfComplete) -> AgainstMajority:
    design, all_complete = found.design, np.ones(len(found.yes), dtype=bool)
    against = against_majority(
        found.yes,
        found.judged,
        all_complete,
        found.kept,
        weights=design.weights,
        strata=design.stratum,
        items=design.items,
    )
    if len(rows.items) and not rows.filtered.any():
        return replace(against, quality=without_figures(against.quality, NO_VERDICTS))
    return against


def ceiling(found: OfComplete) -> Ceiling:
    design = found.design
    return human_ceiling(found.yes, found.judged, found.kept, design.weights, design.stratum, items=design.items)
