"""Figures helped by p(yes), which is known of every intention of the run; where it can't help, why."""

import numpy as np
from numpy.typing import NDArray

from annotation.figures.filtering import OfComplete
from annotation.figures.patterns import MOST_ALONE, Patterns
from annotation.figures.rows.totals import Totals
from stats.estimate import Estimate
from stats.filter.complete import majority_truth
from stats.survey.assisted import Assisted, assisted_quality, assisted_rate

QUALITIES = ("accuracy", "precision", "recall", "false_rejection_rate")
TOO_MANY = f"with over {MOST_ALONE:,} items it would add next to nothing"


def helped_rate(
    rows: Patterns,
    share: NDArray[np.float64],
    judged: NDArray[np.bool_],
    totals: Totals,
    *,
    alone: Estimate,
    group: str | None = None,
) -> Assisted:
    """The mean share over the run, or over one group of it; `alone` is what the sample says without p(yes)."""
    if reason := ("" if len(rows.items) else alone.reason) or no_help(rows.p_yes, totals):
        return Assisted(alone, alone, fallback=reason)
    at = np.ones(len(rows.items), dtype=bool) if group is None else rows.group == group
    found = assisted_rate(
        share[at],
        rows.p_yes[at],
        totals.of_run(group),
        rows.weights[at],
        rows.strata[at],
        domain=judged[at],
        items=rows.items[at],
    )
    return Assisted(alone, alone, fallback=found.fallback) if found.fallback or not found.counts_like else found


def helped_quality(
    of: OfComplete, totals: Totals, alone: dict[str, Estimate], group: str | None = None
) -> dict[str, Assisted]:
    """By the names in `alone`, among QUALITIES; of the run, or of one group of it."""
    reason = alone["accuracy"].reason or no_help(of.p_yes, totals)
    if reason:
        return {name: Assisted(figure, figure, fallback=reason) for name, figure in alone.items()}
    truth, design = majority_truth(of.yes, of.judged), of.design
    found = assisted_quality(
        truth, of.kept, of.p_yes, totals.of_run(group), weights=design.weights, strata=of.strata, items=design.items
    )
    helped = {name: getattr(found, name) for name in alone}
    return {
        name: each if each.counts_like else Assisted(alone[name], alone[name], fallback=each.fallback)
        for name, each in helped.items()
    }


def no_help(p_yes: NDArray[np.float64], totals: Totals) -> str:
    if totals.problem:
        return totals.problem
    too_many = len(p_yes) and np.isnan(p_yes).all() and not totals.without_p_yes.any()
    return TOO_MANY if too_many else ""
