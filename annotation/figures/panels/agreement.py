"""All coefficients of agreement, by question, beside the prevalence."""

from dataclasses import dataclass, field

from annotation.figures.agreeing import agreement
from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.plots import Dots, dots
from annotation.figures.rows.kinds import Rows
from annotation.figures.tables import Column, Table
from annotation.figures.words import interval, percent, plain
from annotation.scales import Question
from stats.agreement.names import ON_PAGE
from stats.estimate import Estimate

UNIT, SIGNED = ((0, "0"), (0.25, "0.25"), (0.5, "0.5"), (0.75, "0.75"), (1, "1")), ((-1, "−1"), (0, "0"), (1, "1"))


@dataclass(frozen=True, slots=True)
class OfQuestion:
    """Coefficients by what they are called in short, and the share of each answer, ascending; `warning` says where
    no interval tells much."""

    question: Question = field(compare=False)
    coefficients: dict[str, Estimate]
    shares: dict[int, Estimate]
    warning: str


@dataclass(frozen=True, slots=True)
class Agreement:
    judged: int
    questions: dict[str, OfQuestion]


def numbers(rows: Rows) -> Agreement:
    judged, _ = rows.judged()
    questions = rows.asked.study.questions
    found = {question.name: _of_question(agreement(judged, question), question) for question in questions}
    return Agreement(int(judged.items.sum()), found)


def _of_question(report: dict, question: Question) -> OfQuestion:
    shares = zip(question.ascending, map(leaf, report["prevalence"]), strict=True)
    return OfQuestion(question, coefficients(report, question), dict(shares), report.get("warning", ""))


def coefficients(report: dict, question: Question) -> dict[str, Estimate]:
    ordered = len(question.options) > 2
    return {each.short: leaf(each.of(report)) for each in ON_PAGE if ordered or not each.needs_order}


def leaf(of: dict) -> Estimate:
    return Estimate(of["value"], tuple(of["ci95"]) if of["ci95"] else None, of["n"], of.get("reason", ""))


def words(found: Agreement) -> Shown:
    if not found.judged:
        return Shown(empty="Nothing has been judged yet.")
    questions = found.questions.values()
    return Shown(
        short="Items with two or more judgments, with 95 % interval. α and κ fall when nearly all say the same: read "
        "them beside AC1 and the share of each answer.",
        table=Table(
            "Agreement by question",
            (Column("Question"), Column("Measure"), Column("Value", "coefficient"), Column("Items", "count")),
            [line for each in questions for line in _lines(each)],
        ),
        more={
            "prevalence": [(each.question.short, _prevalence(each)) for each in questions],
            "warnings": [f"{each.question.short}: {each.warning}" for each in questions if each.warning],
        },
    )


def _lines(of: OfQuestion) -> list[tuple[str, str, Estimate, int]]:
    names, short = {each.short: each.name for each in ON_PAGE}, of.question.short
    lines = [(short, names[name], figure, figure.n) for name, figure in of.coefficients.items()]
    shares = [(short, f"Share of “{of.question.label(value)}”", share, share.n) for value, share in of.shares.items()]
    return lines + shares


def _prevalence(of: OfQuestion) -> str:
    shares = reversed(of.shares.items())
    return ", ".join(f"{of.question.label(value)} {percent(share.value)}" for value, share in shares)


def plot(found: Agreement) -> Dots:
    drawn = [
        (f"{each.question.short}: {short}", figure)
        for each in found.questions.values()
        for short, figure in each.coefficients.items()
    ]
    return dots(
        [(name, figure, *said(figure)) for name, figure in drawn],
        label="Coefficients of agreement by question; the table has the values",
        across="Coefficient, with 95 % interval",
        ticks=SIGNED if any((figure.ci95 or (0,))[0] < 0 for _, figure in drawn) else UNIT,
    )


def said(figure: Estimate) -> tuple[str, str]:
    if figure.value is None:
        return "–", ""
    return plain(figure.value), f"({interval(figure.ci95, plain)})" if figure.ci95 else ""


PANEL = Panel(
    "agreement",
    "Agreement by question",
    How(
        "Percent agreement: of all pairs of judgments on an item the share that agree, averaged over items. κ, α and "
        "AC1 take chance out, each by its own idea of chance; 1 is perfect, 0 is chance. Ordinal α and AC2 (quadratic) "
        "count near answers as half agreement and more. Not weighted: they speak of the sample. Intervals of κ, α, AC1 "
        "and AC2 by resampling items with a prior worth two of them, since resamples of what was seen know nothing of "
        "rare answers that were not; where 2,000 items have a rare answer, and of the others, by the linearised "
        "variance with items as sampling units.",
        "α = 1 − observed / expected disagreement · κ, AC1 = (observed − expected) / (1 − expected)",
        "Fleiss 1971; Krippendorff 2011; Gwet 2008 and 2014; Rubin 1981 for the resamples.",
    ),
    numbers,
    words,
    plot,
    template="studies/panels/agreement.html",
)
