"""Plausible and typical by relation, category or run."""

from dataclasses import dataclass, field
from functools import partial

from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.patterns import By
from annotation.figures.plots import Dots, dots
from annotation.figures.rates import by_group, highest_first, rate
from annotation.figures.rows.kinds import Rows
from annotation.figures.tables import Column, Table
from annotation.figures.words import fitting, interval, large, percent
from annotation.scales import Question
from distillation.pipeline.relations import RELATIONS
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


@dataclass(frozen=True, slots=True)
class Share:
    """Of a group: who say yes, and what the filter keeps."""

    share: Estimate
    kept: Estimate


@dataclass(frozen=True, slots=True)
class Shares:
    """By group, the highest first."""

    question: Question = field(compare=False)
    by: By = field(compare=False)
    overall: Estimate
    groups: dict[str, Share]


def numbers(rows: Rows, *, name: str) -> Shares:
    asked, (judged, _) = rows.asked, rows.judged(rows.asked.by)
    question = next(each for each in asked.study.questions if each.name == name)
    totals = rows.totals(asked.by)
    found = rows.once(f"groups by {asked.by}", lambda: by_group(judged, asked.study.questions, totals))
    groups = sorted(found.items(), key=lambda named: highest_first(named[1].rates[name]))
    shares = {group: Share(each.rates[name], each.kept) for group, each in groups}
    return Shares(question, asked.by, rate(judged, question, totals).figure, shares)


def words(found: Shares) -> Shown:
    if not found.groups:
        return Shown(empty="Nothing has been judged yet.")
    columns = (Column(NAMES[found.by]), Column(found.question.short, "share"), Column("Items", "count"),
               Column("Kept by the filter", "share"))  # fmt: skip
    return Shown(
        short=_short(found),
        table=Table(
            f"{found.question.short} by {found.by}, with 95 % intervals",
            columns,
            [(called(group, found.by), each.share, each.share.n, each.kept) for group, each in found.groups.items()],
        ),
    )


def called(group: str, by: By) -> str:
    return RELATIONS[group].words if by == "relation" else group or "no category"


def _short(found: Shares) -> str:
    question, n_groups = found.question, len(found.groups)
    says = " or ".join(
        f"“{option.label}”" for option in sorted(question.options, key=lambda option: -option.value)
        if option.value >= question.positive_from
    )  # fmt: skip
    most = f" The {PLOTTED} of {large(n_groups)} with the most items; the table has more." if n_groups > PLOTTED else ""
    return f"Share that says {says}, with 95 % interval. Dashed: all, {percent(found.overall.value)}.{most}"


def _largest(named: list[tuple[str, Estimate]]) -> list[tuple[str, Estimate]]:
    least = sorted((figure.n for _, figure in named), reverse=True)[:PLOTTED][-1]
    return [(name, figure) for name, figure in named if figure.n >= least][:PLOTTED]


def plot(found: Shares) -> Dots:
    named = _largest([(called(group, found.by), each.share) for group, each in found.groups.items()])
    first, last = named[0], named[-1]
    question, is_first = found.question, found.question.name == "plausibility"
    return dots(
        [(name, figure, *said(figure)) for name, figure in named],
        label=f"{question.short} by {found.by}, from {first[0]} {percent(first[1].value)} to {last[0]} "
        f"{percent(last[1].value)}; the table below has the values",
        across=f"Share {question.short.lower()}, with 95 % interval",
        ticks=TICKS,
        reference=found.overall.value,
        shape="circle" if is_first else "diamond",
        css="c-yes" if is_first else "c-accent",
    )


def said(figure: Estimate) -> tuple[str, str]:
    if figure.value is None:
        return "–", ""
    return fitting(figure)(figure.value), f"({interval(figure.ci95, _bare)})" if figure.ci95 else ""


def _bare(share: float) -> str:
    return f"{100 * share:.0f}"


def _of(name: str, title: str) -> Panel[Shares]:
    return Panel(name, title, RATE_HOW, partial(numbers, name=name), words, plot, has_switch=True)


PLAUSIBILITY, TYPICALITY = _of("plausibility", "Plausibility"), _of("typicality", "Typicality")
