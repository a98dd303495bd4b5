"""Items without a judgment: what share of the run they stand for, and how far they could move the figures."""

from dataclasses import dataclass, field

from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.panels.shares import TICKS
from annotation.figures.plots import Dots, dots
from annotation.figures.rates import rate
from annotation.figures.rows.kinds import Rows
from annotation.figures.tables import Column, Table
from annotation.figures.words import interval, percent, whole_percent
from annotation.models import Study
from stats.estimate import Estimate
from stats.survey.nonresponse import bounds

PLOTTED = 30


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Weighted shares, None before the first judgment; `bounds` of each question's share if all unjudged were no, or
    yes."""

    is_closed: bool = field(compare=False)
    share: float | None
    by_stratum: dict[str, float]
    bounds: dict[str, tuple[float, float] | None]
    warning: str = ""


def numbers(rows: Rows) -> Unjudged:
    # What has a judgment is not a matter of single judgments: filters of these don't count here.
    rows = rows.of_items()
    study, (judged, _) = rows.asked.study, rows.judged()
    is_closed, response = study.state == Study.State.CLOSED, judged.response
    if response is None or not len(judged.items):
        return Unjudged(is_closed, None, {}, {})
    totals = rows.totals()
    figures = {each.short: rate(judged, each, totals).figure for each in study.questions}
    return Unjudged(
        is_closed,
        response.unjudged,
        dict(sorted(response.by_stratum.items(), key=lambda named: (-named[1], named[0]))),
        {name: bounds(figure, response.unjudged) for name, figure in figures.items()},
        response.warning,
    )


def words(found: Unjudged) -> Shown:
    if found.share is None:
        return Shown(empty="Nothing has been judged yet.")
    if not found.share:
        return Shown(empty="Every item of the choice has a judgment.")
    stay = "stay unjudged" if found.is_closed else "have no judgment yet"
    return Shown(
        short=f"Items that stand for {percent(found.share)} of the run {stay}. The others of their stratum, with a "
        f"similar p(yes), speak for them. {extremes(found)}{_warned(found)}",
        table=Table("Unjudged by stratum", (Column("Stratum"), Column("Unjudged", "share")), lines(found)),
        links=(("Items without all judgments", "show=open"),),
    )


def _warned(found: Unjudged) -> str:
    return f" Mind: {found.warning}." if found.is_closed and found.warning else ""


def extremes(found: Unjudged) -> str:
    told = [f"{name} {interval(each, percent)}" for name, each in found.bounds.items() if each]
    return f"Whatever people would say of them, in this sample the share stays within: {', '.join(told)}."


def lines(found: Unjudged) -> list[tuple[str, Estimate]]:
    """Counted, so without intervals."""
    strata = {name or "all": share for name, share in found.by_stratum.items()}
    return [(name, Estimate(share, note="counted, not estimated")) for name, share in strata.items()]


def plot(found: Unjudged) -> Dots:
    return dots(
        [(name, figure, whole_percent(figure.value), "") for name, figure in lines(found)[:PLOTTED]],
        label="Share unjudged by stratum, the largest first; the table has the values",
        across="Share not judged, weighted to the run",
        ticks=TICKS,
        reference=found.share,
    )


PANEL = Panel(
    "unjudged",
    "What is not judged",
    How(
        "Each item stands for as many intentions as its chance of being drawn says. Weights of the judged grow so that "
        "their stratum, and in it each third of p(yes) with five judged items or more, weighs what was drawn of it: "
        "right if within these the judged are left by chance. The bounds need no such assumption, and leave out the "
        "chance of the draw.",
        "wᵢ = 1/πᵢ · Σ drawn 1/π / Σ judged 1/π, within class",
        "Little 1986; Särndal and Lundström 2005, section 7.4; bounds: Manski 1989.",
    ),
    numbers,
    words,
    plot,
)
