"""For panels that take a short cut: their numbers the long way, by `stats` alone, with a row for each item."""

from collections.abc import Callable

import numpy as np

from annotation.figures.filtering import filter_against_majority
from annotation.figures.numbers import positive
from annotation.figures.panels.confusion import CELLS, Cell, Confusion
from annotation.figures.panels.shares import Share, Shares
from annotation.recheck.rows import Exported
from stats.estimate import undefined
from stats.filter.complete import FEWEST_COMPLETE, AgainstMajority
from stats.filter.quality import confusion
from stats.rates import NO_JUDGMENTS, hajek_rate
from stats.sample import sample_of


def shares(rows: Exported, name: str) -> Shares:
    """Group by group; the panel does all at once."""
    asked, (judged, _) = rows.asked, rows.judged(rows.asked.by)
    question = next(each for each in asked.study.questions if each.name == name)
    says, n = positive(judged, question)
    design, groups = sample_of(len(n), 1 / judged.inclusion, judged.stratum), {}

    def rate(within: np.ndarray):
        return hajek_rate(says / np.maximum(n, 1), judged.inclusion, judged.stratum, domain=within & (n > 0))

    for group in np.unique(judged.group).tolist():
        within = judged.group == group
        kept = design.ratio(judged.kept & within, judged.filtered & within, NO_JUDGMENTS)
        groups[group] = Share(rate(within), kept)
    return Shares(question, asked.by, rate(n > 0), groups)


def filter_against_people(rows: Exported) -> Confusion:
    judged, _ = rows.judged()
    says, n = positive(judged, rows.questions[0])
    complete = judged.filtered & judged.complete
    truth, weights = np.sign(2 * says - n) / 2 + 0.5, 1 / judged.inclusion
    design, cells = sample_of(len(n), weights, judged.stratum), {}
    quality = confusion(judged.kept[complete], truth[complete], weights[complete], judged.stratum[complete])
    against = AgainstMajority(quality, int(complete.sum()), int((complete & (2 * says == n)).sum()))
    if against.complete < FEWEST_COMPLETE:
        against = filter_against_majority(judged, rows.questions[0])
    for name, (kept, plausible) in CELLS.items():
        among = design.where(complete)
        here = ((judged.kept == kept) * (truth if plausible else 1 - truth))[complete]
        reason = against.quality.accuracy.reason
        share = undefined(reason, against.complete) if reason else among.ratio(here, np.ones(len(here)), NO_JUDGMENTS)
        cells[name] = Cell(share, int((here == 1).sum()))
    return Confusion(len(n), int(judged.filtered.sum()), cells, against)


LONG_WAY: dict[str, Callable[[Exported], object]] = {
    "plausibility": lambda rows: shares(rows, "plausibility"),
    "typicality": lambda rows: shares(rows, "typicality"),
    "confusion": filter_against_people,
}
