"""All coefficients of agreement, by question, beside the prevalence."""

from annotation.figures.numbers import agreement
from annotation.figures.panels.panel import Asked, How, Panel, Shown
from annotation.figures.panels.rows import judged
from annotation.figures.panels.tables import Column, Table, Value
from annotation.figures.panels.words import interval, percent, plain
from annotation.figures.plots import dots
from annotation.scales import Question
from stats.estimate import Estimate

SHORT, FULL = (("pairs", "κ", "α", "α ord.", "AC1", "AC2"),
               ("Percent agreement (item mean)", "Fleiss κ", "Krippendorff α, nominal", "Krippendorff α, ordinal",
                "Gwet AC1", "Gwet AC2, quadratic"))  # fmt: skip
ONLY_ORDERED = ("α ord.", "AC2")  # with two answers these equal the nominal ones
UNIT, SIGNED = ((0, "0"), (0.25, "0.25"), (0.5, "0.5"), (0.75, "0.75"), (1, "1")), ((-1, "−1"), (0, "0"), (1, "1"))


def show(asked: Asked) -> Shown:
    rows, _ = judged(asked)
    if not len(rows.items):
        return Shown(empty="Nothing has been judged yet.")
    questions = asked.study.questions
    reports = {question.name: agreement(rows, question) for question in questions}
    found = {question.short: coefficients(reports[question.name], question) for question in questions}
    drawn = [(f"{name}: {short}", figure) for name, figures in found.items() for short, figure in figures.items()]
    return Shown(
        short="Items with two or more judgments, with 95 % interval. α and κ fall when nearly all say the same: read "
        "them beside AC1 and the share of each answer.",
        plot=dots(
            [(name, figure, *_said(figure)) for name, figure in drawn],
            label="Coefficients of agreement by question; the table has the values",
            ticks=SIGNED if any((figure.ci95 or (0,))[0] < 0 for _, figure in drawn) else UNIT,
        ),
        table=_table(reports, questions, found),
        more={
            "prevalence": [(question.short, _prevalence(reports[question.name], question)) for question in questions]
        },
    )


def coefficients(report: dict, question: Question) -> dict[str, Estimate]:
    leaves = (
        report["percent_agreement"]["item_mean"],
        report["fleiss_kappa"],
        report["krippendorff_alpha"]["nominal"],
        report["krippendorff_alpha"]["ordinal"],
        report["gwet_ac1"],
        report["gwet_ac2"]["quadratic"],
    )
    found = dict(zip(SHORT, map(leaf, leaves), strict=True))
    ordered = len(question.options) > 2
    return {name: figure for name, figure in found.items() if ordered or name not in ONLY_ORDERED}


def leaf(of: dict) -> Estimate:
    return Estimate(of["value"], tuple(of["ci95"]) if of["ci95"] else None, of["n"], of.get("reason", ""))


def _said(figure: Estimate) -> tuple[str, str]:
    if figure.value is None:
        return "–", ""
    return plain(figure.value), f"({interval(figure.ci95, plain)})" if figure.ci95 else ""


def _prevalence(report: dict, question: Question) -> str:
    shares = zip(question.ascending, report["prevalence"], strict=True)
    return ", ".join(f"{question.label(value)} {percent(share['value'])}" for value, share in reversed(list(shares)))


def _table(reports: dict[str, dict], questions: tuple[Question, ...], found: dict[str, dict[str, Estimate]]) -> Table:
    names = dict(zip(SHORT, FULL, strict=True))
    lines: list[tuple[Value, ...]] = []
    for question in questions:
        lines += [(question.short, names[name], figure, figure.n) for name, figure in found[question.short].items()]
        shares = zip(question.ascending, reports[question.name]["prevalence"], strict=True)
        lines += [
            (question.short, f"Share of “{question.label(value)}”", leaf(share), share["n"]) for value, share in shares
        ]
    columns = (Column("Question"), Column("Measure"), Column("Value", "coefficient"), Column("Items", "count"))
    return Table("Agreement by question", columns, lines)


PANEL = Panel(
    "agreement",
    "Agreement by question",
    How(
        "Percent agreement: of all pairs of judgments on an item the share that agree, averaged over items. κ, α and "
        "AC1 take chance out, each by its own idea of chance; 1 is perfect, 0 is chance. Ordinal α and AC2 (quadratic) "
        "count near answers as half agreement and more. Not weighted: they speak of the sample. Intervals with items "
        "as sampling units.",
        "α = 1 − observed / expected disagreement · κ, AC1 = (observed − expected) / (1 − expected)",
        "Fleiss 1971; Krippendorff 2011; Gwet 2008 and 2014.",
    ),
    show,
    template="studies/panels/agreement.html",
)
