"""Plausible and typical by relation, category or run."""

import re
from functools import partial

from annotation.figures.numbers import by_group, rate
from annotation.figures.panels.panel import Asked, How, Panel, Shown
from annotation.figures.panels.rows import judged
from annotation.figures.panels.tables import Column, Table
from annotation.figures.panels.words import fitting, interval, large, percent
from annotation.figures.patterns import By
from annotation.figures.plots import dots
from annotation.scales import Question
from stats.estimate import Estimate

PLOTTED = 30  # rows; the table has more
TICKS = ((0, "0"), (0.25, "25"), (0.5, "50"), (0.75, "75"), (1, "100 %"))
NAMES: dict[By, str] = {"relation": "Relation", "category": "Category", "run": "Run"}
RATE_HOW = How(
    "Of each item the share of its annotators who say so; the mean of these over items, each weighted by how rarely "
    "its like was drawn, so that it speaks of the whole run. Interval: Wilson's at the effective sample size, with "
    "what differs within strata.",
    "p̂ = Σ wᵢ yᵢ / Σ wᵢ, wᵢ = 1/πᵢ",
    "Hájek 1971; Särndal, Swensson and Wretman 1992, sections 5.7 and 10.3.",
)


def words(group: str, by: By) -> str:
    """A relation by its code, as in the literature: short enough to stand beside its row."""
    return re.sub("([A-Z])", r" \1", group).lower() if by == "relation" else group or "no category"


def _show(asked: Asked, *, name: str) -> Shown:
    question = next(each for each in asked.study.questions if each.name == name)
    rows, _ = judged(asked, asked.by)
    if not len(rows.items):
        return Shown(empty="Nothing has been judged yet.")
    found = asked.once(f"groups by {asked.by}", lambda: by_group(rows, asked.study.questions))
    groups = sorted(found, key=lambda row: (row[name].value is None, -(row[name].value or 0)))
    overall = rate(rows, question)
    named = [(words(row["group"], asked.by), row[name]) for row in groups]
    return Shown(
        short=_short(question, overall, len(named)),
        plot=_plot(question, asked.by, _largest(named), overall),
        table=Table(
            f"{question.short} by {asked.by}, with 95 % intervals",
            (
                Column(NAMES[asked.by]),
                Column(question.short, "share"),
                Column("Items", "count"),
                Column("Kept by the filter", "share"),
            ),
            [(words(row["group"], asked.by), row[name], row[name].n, row["kept"]) for row in groups],
        ),
    )


def _short(question: Question, overall: Estimate, n_groups: int) -> str:
    says = " or ".join(
        f"“{option.label}”" for option in sorted(question.options, key=lambda option: -option.value)
        if option.value >= question.positive_from
    )  # fmt: skip
    most = f" The {PLOTTED} of {large(n_groups)} with the most items; the table has more." if n_groups > PLOTTED else ""
    return f"Share that says {says}, with 95 % interval. Dashed: all, {percent(overall.value)}.{most}"


def _largest(named: list[tuple[str, Estimate]]) -> list[tuple[str, Estimate]]:
    least = sorted((figure.n for _, figure in named), reverse=True)[:PLOTTED][-1]
    return [(name, figure) for name, figure in named if figure.n >= least][:PLOTTED]


def _plot(question: Question, by: By, named: list[tuple[str, Estimate]], overall: Estimate):
    first, last = named[0], named[-1]
    is_first = question.name == "plausibility"
    return dots(
        [(name, figure, *said(figure)) for name, figure in named],
        label=f"{question.short} by {by}, from {first[0]} {percent(first[1].value)} to {last[0]} "
        f"{percent(last[1].value)}; the table below has the values",
        ticks=TICKS,
        reference=overall.value,
        shape="circle" if is_first else "diamond",
        css="c-yes" if is_first else "c-accent",
    )


def said(figure: Estimate) -> tuple[str, str]:
    if figure.value is None:
        return "–", ""
    return fitting(figure)(figure.value), f"({interval(figure.ci95, _bare)})" if figure.ci95 else ""


def _bare(share: float) -> str:
    return f"{100 * share:.0f}"


PLAUSIBILITY = Panel("plausibility", "Plausibility", RATE_HOW, partial(_show, name="plausibility"), has_switch=True)
TYPICALITY = Panel("typicality", "Typicality", RATE_HOW, partial(_show, name="typicality"), has_switch=True)
