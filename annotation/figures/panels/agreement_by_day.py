"""Agreement of all judgments up to each day."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

import numpy as np

from annotation.figures.panels.panel import Asked, How, Panel, Shown
from annotation.figures.panels.rows import Day, days
from annotation.figures.panels.tables import Column, Table
from annotation.figures.panels.words import interval, plain
from annotation.figures.plots import Chart, Curve, Point, chart_scales, line, ticks
from annotation.scales import Question
from stats.agreement.coefficients import krippendorff_alpha, percent_agreement
from stats.estimate import Estimate
from stats.packing import unpack

HEIGHT = 260
MOST_DAYS = 40  # points; between them the judgments go on being added up
MOST_LABELS = 6


@dataclass(frozen=True, slots=True)
class UpTo:
    day: date
    alpha: Estimate
    pairs: Estimate
    judgments: int


def up_to_each_day(rows: list[Day], question: Question) -> list[UpTo]:
    """A judgment takes its item out of one pattern of counts and puts it into the next."""
    patterns: Counter[int] = Counter()
    wanted, found = _spread(sorted({row.day for row in rows})), []
    since = 0
    for day in sorted({row.day for row in rows}):
        for row in (each for each in rows if each.day == day):
            patterns[row.tally] += row.n
            patterns[row.tally - row.unit] -= row.n
            since += row.n
        if day in wanted:
            found.append(UpTo(day, *_figures(patterns, question), since))
            since = 0
    return found


def _spread(found: list[date]) -> set[date]:
    if len(found) <= MOST_DAYS:
        return set(found)
    return {found[round(place)] for place in np.linspace(0, len(found) - 1, MOST_DAYS)}


def _figures(patterns: Counter[int], question: Question) -> tuple[Estimate, Estimate]:
    packed = [tally for tally, n in patterns.items() if tally > 0 and n > 0]
    counts, weights = unpack(packed, len(question.options)), [patterns[tally] for tally in packed]
    return krippendorff_alpha(counts, weights), percent_agreement(counts, weights)["item_mean"]


def show(asked: Asked) -> Shown:
    rows = days(asked)
    if not rows:
        return Shown(empty="Nothing has been judged yet.")
    found = up_to_each_day(rows, asked.study.questions[0])
    columns = (Column("Up to"), Column("α", "coefficient"), Column("Pairs agree", "share"), Column("Items", "count"),
               Column("Judgments since the day above", "count"))  # fmt: skip
    return Shown(
        short="Krippendorff's α on plausible, of all judgments up to each day (UTC), with 95 % interval.",
        plot=_plot(found) if any(each.alpha.value is not None for each in found) else None,
        table=Table(
            "Agreement up to each day",
            columns,
            [(each.day.isoformat(), each.alpha, each.pairs, each.alpha.n, each.judgments) for each in found],
        ),
        more={"reason": found[-1].alpha.reason},
    )


def _plot(found: list[UpTo]) -> Chart:
    first, last = found[0].day.toordinal(), found[-1].day.toordinal()
    low = -1 if any((each.alpha.ci95 or (0,))[0] < 0 for each in found) else 0
    along, down = chart_scales(HEIGHT, low=low, left=first - 0.5, right=last + 0.5)
    shares = [(each.day.toordinal() - first + 0.5) / (last - first + 1) for each in found]
    marks = (-1, -0.5, 0, 0.5, 1) if low else (0, 0.25, 0.5, 0.75, 1)
    return Chart(
        label=f"Krippendorff's α by day, at last {plain(found[-1].alpha.value)} "
        f"({interval(found[-1].alpha.ci95, plain)}); the table has the values",
        height=HEIGHT,
        along=[
            tick
            for each in _labelled(found)
            for tick in ticks(along, [each.day.toordinal()], [f"{each.day.day} {each.day:%b}"])
        ],
        down=ticks(down, marks, [plain(mark) for mark in marks]),
        lines=[Curve(line(shares, [each.alpha.value for each in found], low=low), "c-line")],
        points=[_point(each, along, down) for each in found if each.alpha.value is not None],
    )


def _labelled(found: list[UpTo]) -> list[UpTo]:
    if len(found) <= MOST_LABELS:
        return found
    return [found[round(place)] for place in np.linspace(0, len(found) - 1, MOST_LABELS)]


def _point(each: UpTo, along, down) -> Point:
    bounds = [down(bound) for bound in each.alpha.ci95] if each.alpha.ci95 else [None, None]
    return Point(along(each.day.toordinal()), down(each.alpha.value), *bounds)


PANEL = Panel(
    "settling",
    "Is agreement settling?",
    How(
        "Of each day the items as they had been judged by its end, computed as if the study had ended there. A line "
        "that keeps moving says that the guidelines, or those who judge, have changed.",
        "α = 1 − observed / expected disagreement",
        "Krippendorff 2011; interval as in Gwet 2011, with items as sampling units.",
    ),
    show,
)
