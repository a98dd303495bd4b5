"""For panels that take a short cut: their numbers the long way, by `stats` alone, with a row for each item."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from annotation.figures.assisting import helped_rate
from annotation.figures.panels.filter.confusion import CELLS, Cell, Confusion
from annotation.figures.panels.shares import Share, Shares
from annotation.figures.quality import filter_against_people
from annotation.figures.rates import FEWEST_HELPED, positive
from annotation.recheck.rows import Exported
from stats.estimate import Estimate, undefined
from stats.filter.complete import AgainstMajority
from stats.filter.quality import TIED, confusion
from stats.rates import NO_JUDGMENTS, hajek_rate
from stats.sample import sample_of


def shares(rows: Exported, name: str) -> Shares:
    """Group by group; the panel does all at once."""
    asked, (judged, _), totals = rows.asked, rows.judged(rows.asked.by), rows.totals(rows.asked.by)
    question = next(each for each in asked.study.questions if each.name == name)
    says, n = positive(judged, question)
    share, groups = says / np.maximum(n, 1), {}

    def rate(group: str | None) -> Estimate:
        within = np.ones(len(n), dtype=bool) if group is None else judged.group == group
        alone = hajek_rate(share, 1 / judged.weights, judged.stratum, domain=within & (n > 0))
        if group is not None and alone.n < FEWEST_HELPED:
            return alone
        return helped_rate(judged, share, n > 0, totals, alone=alone, group=group).figure

    for group in np.unique(judged.group).tolist():
        groups[group] = Share(rate(group), totals.kept_share(group))
    return Shares(question, asked.by, rate(None), groups)


def filter_against_them(rows: Exported) -> Confusion:
    judged, _ = rows.judged()
    says, n = positive(judged, rows.asked.study.questions[0])
    complete = judged.filtered & judged.complete
    truth, weights = (np.sign(2 * says - n) / 2 + 0.5)[complete], judged.complete_weights[complete]
    kept, stratum, against = judged.kept[complete], judged.stratum[complete], _against(rows)
    design, cells = sample_of(len(truth), weights, stratum), {}
    for name, (is_kept, plausible) in CELLS.items():
        here = (kept == is_kept) * (truth if plausible else 1 - truth)
        reason = against.quality.accuracy.reason
        share = undefined(reason, against.complete) if reason else design.ratio(here, np.ones(len(here)), NO_JUDGMENTS)
        cells[name] = Cell(share, int((here == 1).sum()))
    counted = confusion(kept, truth, weights, stratum)
    by_hand = {name: getattr(counted, name) for name in ("tp", "fp", "fn", "tn")}
    if not against.quality.accuracy.reason:
        by_hand |= {name: getattr(counted, name) for name in ("specificity", "f1", "mcc")}
    against = replace(against, quality=replace(against.quality, **by_hand), ties=int((truth == TIED).sum()))
    return Confusion(len(n), int(judged.filtered.sum()), cells, against)


def _against(rows: Exported) -> AgainstMajority:
    return filter_against_people(rows.judged()[0], rows.asked.study.questions[0], rows.totals())[0]


LONG_WAY: dict[str, Callable[[Exported], object]] = {
    "plausibility": lambda rows: shares(rows, "plausibility"),
    "typicality": lambda rows: shares(rows, "typicality"),
    "confusion": filter_against_them,
}
