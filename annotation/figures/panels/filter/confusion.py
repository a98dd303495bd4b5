"""The filter's verdict against the majority of people."""

from dataclasses import dataclass, field

import numpy as np

from annotation.figures.filtering import OfComplete, of_complete
from annotation.figures.opinions import ANNOTATOR, COMPETENCE, MOST_AT_ONCE, now_or_latest
from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.quality import filter_against_people
from annotation.figures.rates import n_answers
from annotation.figures.rows.kinds import Rows
from annotation.figures.slow import Latest
from annotation.figures.tables import Column, Table
from annotation.figures.words import because, interval, large, percent, plain
from annotation.selection import LATENT, PEOPLE
from stats.estimate import Estimate
from stats.filter.complete import AgainstMajority, majority_truth
from stats.filter.people import FIGURES as OF_PEOPLE
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
OF_LATENT = {
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "specificity": "Specificity",
    "false_rejection_rate": "Of the rejected, plausible",
    "plausible": "Truly plausible",
    "people": "Annotators' accuracy",
    "gap": "Annotators less filter",
}
BY_MACE = {"mace_accuracy": "Accuracy, truth by MACE", "mace_plausible": "Truly plausible, by MACE"}
PEOPLES = "Accuracy, precision and recall are for people like the annotators (n is labels), all else for these alone. "
LINKS = (("Wrongly kept items", "wrongly_kept"), ("Wrongly rejected items", "wrongly_rejected"), ("Ties", "tie"))
CELLS = {  # as the items page calls these: kept, plausible
    "rightly_kept": (True, True),
    "wrongly_kept": (True, False),
    "wrongly_rejected": (False, True),
    "rightly_rejected": (False, False),
}
TITLES = {  # in short, and in full
    "rightly_kept": ("Rightly kept", "Filter keeps, people say plausible"),
    "wrongly_kept": ("Wrongly kept", "Filter keeps, people say not plausible"),
    "wrongly_rejected": ("Wrongly rejected", "Filter rejects, people say plausible"),
    "rightly_rejected": ("Rightly rejected", "Filter rejects, people say not plausible"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """Share of the run's intentions that fall into this cell, ties by halves, and its items, ties left out."""

    share: Estimate
    items: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """`judged` items, `filtered` of them with a verdict; the rest is of those of these that are complete. `latent` has
    the figures against the latent truth, and `people` those for people like the annotators, where that is chosen."""

    judged: int
    filtered: int
    cells: dict[str, Cell]
    against: AgainstMajority
    latent: Latest | None = field(compare=False, default=None)
    people: Latest | None = field(compare=False, default=None)


def numbers(rows: Rows) -> Confusion:
    judged, _ = rows.judged()
    question = rows.asked.study.questions[0]
    complete = of_complete(truth := rows.truth(), question)
    against, _ = filter_against_people(truth, complete, rows.totals())
    filtered = int(judged.items @ judged.filtered)
    chosen, many = rows.asked.selection, n_answers(judged, question) > MOST_AT_ONCE
    latent = now_or_latest(rows, {"latent": True})["latent"] if chosen.truth == LATENT else None
    of_people = chosen.whose == PEOPLE and not chosen.truth
    people = now_or_latest(rows, {"people": many})["people"] if of_people else None
    cells = _cells(complete, against)
    return Confusion(int(judged.items.sum()), filtered, cells, against, latent, people)


def _cells(of: OfComplete, against: AgainstMajority) -> dict[str, Cell]:
    accuracy, truth, everything = against.quality.accuracy, majority_truth(of.yes, of.judged), np.ones(len(of.yes))
    found = {}
    for name, (kept, plausible) in CELLS.items():
        here = (of.kept == kept) * (truth if plausible else 1 - truth)
        share = accuracy if accuracy.value is None else of.design.ratio(here, everything, NO_JUDGMENTS)
        found[name] = Cell(share, of.design.size(here == 1))
    return found


def words(found: Confusion) -> Shown:
    if found.latent and found.filtered:
        return _of_latent(found.latent)
    if not found.against.complete:
        return Shown(empty=_nothing(found))
    figures = {name: getattr(found.against.quality, name) for name in NAMES}
    figures |= {name: found.people.get(name) for name in OF_PEOPLE} if found.people else {}
    ties = f"{large(found.against.ties)} with a tie, one half as either"
    return Shown(
        short=f"Share of the run, with 95 % interval and the items behind it: {large(found.against.complete)} complete "
        f"ones, {ties}. {_too_few(found)}{PEOPLES * bool(found.people)}Hatched: the filter is wrong.",
        table=Table(
            "The filter against the majority of people",
            (Column("Figure"), Column("Value", "coefficient"), Column("Items", "count")),
            [(TITLES[name][1], cell.share, cell.items) for name, cell in found.cells.items()]
            + [(NAMES[name], figure, figure.n) for name, figure in figures.items()],
        ),
        links=tuple((words, f"show={show}") for words, show in LINKS),
        more={
            "cells": [
                [_cell(name, found.cells[name]) for name in CELLS if CELLS[name][0] is kept] for kept in (True, False)
            ],
            "figures": [_figure(name, figures[name]) for name in READ],
        },
    )


def _of_latent(latent: Latest) -> Shown:
    """Items have no truth of their own here, so there are no cells."""
    figures = {name: latent.get(name) for name in OF_LATENT}
    beside = {name: each for name, each in latent.figures.items() if name.startswith((ANNOTATOR, COMPETENCE))}
    beside |= {title: latent.figures[name] for name, title in BY_MACE.items() if name in latent.figures}
    return Shown(
        short="Against the truth that a model of annotators estimates behind their votes, weighted to the run. In the "
        "table also what MACE makes of the same votes, and each annotator's competence by it: the share of answers "
        "given knowing the truth.",
        table=Table(
            "The filter and annotators against the latent truth",
            (Column("Figure"), Column("Value", "coefficient"), Column("Items or votes", "count")),
            [(OF_LATENT.get(name, name), figure, figure.n) for name, figure in (figures | beside).items()],
        ),
        more={"figures": [{**_figure(name, figures[name]), "name": OF_LATENT[name]} for name in OF_LATENT]},
    )


def _cell(name: str, cell: Cell) -> dict:
    kept, plausible = CELLS[name]
    return {
        "title": TITLES[name][0],
        "is_right": kept == plausible,
        "value": percent(cell.share.value),
        "interval": interval(cell.share.ci95, percent),
        "n": cell.items,
        "show": name,
    }


def _figure(name: str, figure: Estimate) -> dict:
    form = plain if name == "mcc" else percent
    return {
        "name": NAMES[name],
        "value": form(figure.value),
        "interval": interval(figure.ci95, form) or because(figure),
    }


def _nothing(found: Confusion) -> str:
    if not found.judged:
        return "Nothing has been judged yet."
    if not found.filtered:
        return "These intentions have no verdict: they come from a run without a filter."
    return "No item with a verdict is complete yet: of each somebody can still be asked."


def _too_few(found: Confusion) -> str:
    reason = found.against.quality.accuracy.reason
    return f"{reason[:1].upper()}{reason[1:]}. " if reason else ""


PANEL = Panel(
    "confusion",
    "Where the filter and people differ",
    How(
        "Truth is the majority of an item's annotators, of complete items only, of which nobody can still be asked: "
        "they are a random part at any time, and their figures don't drift as votes come in. A tie counts one half as "
        "plausible and one half as not. Each item counts with its weight 1/πᵢ, so that the shares speak of the whole "
        "run and not of the sample. Intervals: Wilson's at the effective sample size; for MCC on Fisher's scale.",
        "precision = rightly kept / kept · recall = rightly kept / plausible",
        "Särndal, Swensson and Wretman 1992, section 5.7; Matthews 1975 for MCC.",
    ),
    numbers,
    words,
    template="studies/panels/confusion.html",
)
