"""The filter's verdict against the majority of people."""

import numpy as np

from annotation.figures.numbers import filter_quality, majority_of, sample
from annotation.figures.panels.panel import Asked, How, Panel, Shown
from annotation.figures.panels.rows import judged
from annotation.figures.panels.tables import Column, Table
from annotation.figures.panels.words import because, interval, large, percent, plain
from annotation.figures.patterns import Patterns
from annotation.scales import Question
from stats.estimate import Estimate
from stats.rates import NO_JUDGMENTS

NAMES = {
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "specificity": "Specificity",
    "f1": "F1",
    "mcc": "MCC",
    "false_rejection_rate": "Of the rejected, plausible",
}
READ = ("precision", "recall", "false_rejection_rate", "mcc")
LINKS = (("Wrongly kept items", "wrongly_kept"), ("Wrongly rejected items", "wrongly_rejected"), ("Ties", "tie"))
CELLS = {  # kept, plausible: title, words, and what the items page calls these
    (True, True): ("Rightly kept", "Filter keeps, people say plausible", "rightly_kept"),
    (True, False): ("Wrongly kept", "Filter keeps, people say not plausible", "wrongly_kept"),
    (False, True): ("Wrongly rejected", "Filter rejects, people say plausible", "wrongly_rejected"),
    (False, False): ("Rightly rejected", "Filter rejects, people say not plausible", "rightly_rejected"),
}


def show(asked: Asked) -> Shown:
    rows, _ = judged(asked)
    question = asked.study.questions[0]
    quality, ties = filter_quality(rows, question)
    if not sum((quality.tp, quality.fp, quality.fn, quality.tn)):
        return Shown(empty=_nothing(rows))
    found = cells(rows, question)
    figures = {name: getattr(quality, name) for name in NAMES}
    return Shown(
        short=f"Share of the run, with 95 % interval and the items behind it; {large(ties)} with a tie left out. "
        "Hatched: the filter is wrong.",
        table=Table(
            "The filter against the majority of people",
            (Column("Figure"), Column("Value", "coefficient"), Column("Items", "count")),
            [(CELLS[cell][1], share, n) for cell, (share, n) in found.items()]
            + [(NAMES[name], figure, figure.n) for name, figure in figures.items()],
        ),
        links=tuple((words, f"show={show}") for words, show in LINKS),
        more={
            "cells": [[_cell(cell, *found[cell]) for cell in CELLS if cell[0] is kept] for kept in (True, False)],
            "figures": [_figure(name, figures[name]) for name in READ],
        },
    )


def cells(rows: Patterns, question: Question) -> dict[tuple[bool, bool], tuple[Estimate, int]]:
    """Of the run's intentions whose items are decided the share in each cell, and the cell's items."""
    winner = majority_of(rows, question).winner
    is_decided, design = (winner >= 0) & rows.filtered, sample(rows)
    within = {cell: is_decided & (rows.kept == cell[0]) & (winner == cell[1]) for cell in CELLS}
    return {cell: (design.ratio(is_in, is_decided, NO_JUDGMENTS), design.size(is_in)) for cell, is_in in within.items()}


def _cell(cell: tuple[bool, bool], share: Estimate, n: int) -> dict:
    kept, plausible = cell
    return {
        "title": CELLS[cell][0],
        "is_right": kept == plausible,
        "value": percent(share.value),
        "interval": interval(share.ci95, percent),
        "n": n,
        "show": CELLS[cell][2],
    }


def _figure(name: str, figure: Estimate) -> dict:
    form = plain if name == "mcc" else percent
    return {
        "name": NAMES[name],
        "value": form(figure.value),
        "interval": interval(figure.ci95, form) or because(figure),
    }


def _nothing(rows: Patterns) -> str:
    if not len(rows.items):
        return "Nothing has been judged yet."
    if not np.any(rows.filtered):
        return "These intentions have no verdict: they come from a run without a filter."
    return "No item with a verdict has a majority yet."


PANEL = Panel(
    "confusion",
    "Where the filter and people differ",
    How(
        "Truth is the majority of an item's annotators; ties are left out. Each item counts with its weight 1/πᵢ, so "
        "that the shares speak of the whole run and not of the sample. Intervals: Wilson's at the effective sample "
        "size; for MCC on Fisher's scale.",
        "precision = rightly kept / kept · recall = rightly kept / plausible",
        "Särndal, Swensson and Wretman 1992, section 5.7; Matthews 1975 for MCC.",
    ),
    show,
    template="studies/panels/confusion.html",
)
