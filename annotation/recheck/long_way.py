"""For panels that take a short cut: their numbers the long way, by `stats` alone, with a row for each item."""

from collections.abc import Callable

import numpy as np

from annotation.figures.numbers import positive
from annotation.figures.panels.confusion import CELLS, Cell, Confusion
from annotation.figures.panels.shares import Share, Shares
from annotation.recheck.rows import Exported
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
    plausible, decided = 2 * says > n, (2 * says != n) & judged.filtered
    weights = 1 / judged.inclusion
    design, cells = sample_of(len(n), weights, judged.stratum), {}
    for name, (kept, truth) in CELLS.items():
        cell = decided & (judged.kept == kept) & (plausible == truth)
        cells[name] = Cell(design.ratio(cell, decided, NO_JUDGMENTS), int(cell.sum()))
    quality = confusion(judged.kept[decided], plausible[decided], weights[decided], judged.stratum[decided])
    ties = int((judged.filtered & ~decided).sum())
    return Confusion(len(n), int(judged.filtered.sum()), ties, cells, quality)


LONG_WAY: dict[str, Callable[[Exported], object]] = {
    "plausibility": lambda rows: shares(rows, "plausibility"),
    "typicality": lambda rows: shares(rows, "typicality"),
    "confusion": filter_against_people,
}
