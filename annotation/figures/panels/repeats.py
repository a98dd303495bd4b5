"""Do annotators say the same of the same item again?"""

from dataclasses import dataclass, field

from annotation.figures.panels.agreement import SIGNED, UNIT, said
from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.plots import Dots, dots
from annotation.figures.rows.kinds import Repeated, Rows
from annotation.figures.tables import Column, Table
from annotation.figures.words import large
from annotation.scales import Question
from stats.agreement.intra_rater import IntraRater, intra_rater
from stats.estimate import Estimate

TITLES = {"percent": "Said the same again", "kappa": "Cohen’s κ", "ac1": "Gwet’s AC1"}


@dataclass(frozen=True, slots=True)
class OfQuestion:
    question: Question = field(compare=False)
    found: IntraRater


@dataclass(frozen=True, slots=True)
class Repeats:
    """`revealed` repeats are left out, as the verdict had been shown before them."""

    repeats: int
    revealed: int
    questions: dict[str, OfQuestion]


def numbers(rows: Rows) -> Repeats:
    each, questions = rows.repeated(), rows.asked.study.questions
    found = {question.name: OfQuestion(question, _of(each, k, question)) for k, question in enumerate(questions)}
    return Repeats(int(each.n.sum()), each.revealed, found)


def _of(rows: Repeated, k: int, question: Question) -> IntraRater:
    """Where it was asked both times."""
    first, again = rows.first[:, k], rows.again[:, k]
    asked = (first >= 0) & (again >= 0)
    return intra_rater(first[asked], again[asked], len(question.options), items=rows.n[asked])


def words(found: Repeats) -> Shown:
    left_out = f"{large(found.revealed)} repeats of items whose verdict had been revealed are left out."
    if not found.repeats:
        return Shown(empty=f"No item has been judged twice by the same annotator. {left_out if found.revealed else ''}")
    return Shown(
        short=f"Of {large(found.repeats)} items shown twice to the same annotator, unannounced and before any verdict, "
        f"with 95 % interval. Nobody can agree with others better than with themselves. {left_out}",
        table=Table(
            "Agreement with oneself",
            (Column("Question"), Column("Measure"), Column("Value", "coefficient"), Column("Repeats", "count")),
            [(short, title, figure, figure.n) for short, title, figure in told(found)],
        ),
    )


def told(found: Repeats) -> list[tuple[str, str, Estimate]]:
    return [
        (of.question.short, title, getattr(of.found, name))
        for of in found.questions.values()
        for name, title in TITLES.items()
    ]


def plot(found: Repeats) -> Dots:
    return dots(
        [(f"{short}: {title}", figure, *said(figure)) for short, title, figure in told(found)],
        label="Agreement of annotators with themselves by question; the table has the values",
        across="Coefficient, with 95 % interval",
        ticks=SIGNED if any((figure.ci95 or (0,))[0] < 0 for *_, figure in told(found)) else UNIT,
    )


PANEL = Panel(
    "repeats",
    "Do annotators agree with themselves?",
    How(
        "First and repeated answers, all annotators together, an item repeated to two annotators as two. The repeated "
        "item is the sampling unit. Only items whose verdict was not revealed to the annotator are repeated, with the "
        "sides drawn anew; who remembers an item looks reliable all the same.",
        "κ, AC1 = (observed − expected) / (1 − expected)",
        "Cohen 1960; Gwet 2008.",
    ),
    numbers,
    words,
    plot,
)
