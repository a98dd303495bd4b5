"""For panels that take a short cut: their numbers the long way, group by group and cell by cell, by `stats` alone."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from annotation.figures.assisting import helped_rate
from annotation.figures.filtering import of_complete
from annotation.figures.panels.filter.confusion import CELLS, Cell, Confusion
from annotation.figures.panels.shares import Share, Shares
from annotation.figures.quality import filter_against_people
from annotation.figures.rates import FEWEST_HELPED, positive, says_yes
from annotation.figures.rows.kinds import Rows
from stats.estimate import Estimate, undefined
from stats.filter.quality import TIED, confusion
from stats.rates import NO_JUDGMENTS, hajek_rate
from stats.sample import sample_of


def shares(rows: Rows, place: int) -> Shares:
    """Group by group; the panel does all at once."""
    judged, totals = rows.judged(rows.asked.by)[0], rows.totals(rows.asked.by)
    question = rows.asked.study.questions[place]
    share, says = says_yes(judged, question)

    def rate(group: str | None) -> Estimate:
        within = says if group is None else says & (judged.group == group)
        alone = hajek_rate(share, 1 / judged.weights, judged.stratum, domain=within)
        if group is not None and alone.n < FEWEST_HELPED:
            return alone
        return helped_rate(judged, share, says, totals, alone=alone, group=group).figure

    groups = {group: Share(rate(group), totals.kept_share(group)) for group in np.unique(judged.group).tolist()}
    return Shares(question, rows.asked.by, rate(None), groups)


def filter_against_them(rows: Rows) -> Confusion:
    judged, question = rows.truth(), rows.asked.study.questions[0]
    of = of_complete(judged, question)
    (says, n), (against, _) = positive(judged, question), filter_against_people(judged, of, rows.totals())
    complete, reason = judged.filtered & judged.complete, against.quality.accuracy.reason
    truth, weights = (np.sign(2 * says - n) / 2 + 0.5)[complete], judged.complete_weights[complete]
    kept, stratum = judged.kept[complete], judged.stratum[complete]
    design, cells = sample_of(len(truth), weights, stratum), {}
    for name, (is_kept, plausible) in CELLS.items():
        here = (kept == is_kept) * (truth if plausible else 1 - truth)
        share = undefined(reason, against.complete) if reason else design.ratio(here, np.ones(len(here)), NO_JUDGMENTS)
        cells[name] = Cell(share, int((here == 1).sum()))
    counted = confusion(kept, truth, weights, stratum)
    names = ("tp", "fp", "fn", "tn", *(() if reason else ("specificity", "f1", "mcc")))
    by_hand = {name: getattr(counted, name) for name in names}
    against = replace(against, quality=replace(against.quality, **by_hand), ties=int((truth == TIED).sum()))
    return Confusion(len(n), int(judged.filtered.sum()), cells, against)


LONG_WAY: dict[str, Callable[[Rows], object]] = {
    "plausibility": partial(shares, place=0),
    "typicality": partial(shares, place=1),
    "confusion": filter_against_them,
}
