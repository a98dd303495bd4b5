"""Agreement of all judgments up to each day."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

import numpy as np

from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.plots import Chart, Curve, Point, Scale, chart_scales, line, ticks
from annotation.figures.rows.kinds import Day, Rows
from annotation.figures.tables import Column, Table
from annotation.figures.words import interval, plain
from annotation.scales import Question
from stats.agreement.coefficients import krippendorff_alpha, percent_agreement
from stats.estimate import Estimate
from stats.packing import unpack

HEIGHT = 260
MOST_DAYS = 40  # points; between them the judgments go on being added up
MOST_LABELS = 6


@dataclass(frozen=True, slots=True)
class UpTo:
    """Agreement of all judgments up to a day; `judgments` are those since the day before it."""

    alpha: Estimate
    pairs: Estimate
    judgments: int


@dataclass(frozen=True, slots=True)
class AgreementByDay:
    days: dict[date, UpTo]


def numbers(rows: Rows) -> AgreementByDay:
    return AgreementByDay(up_to_each_day(rows.days(), rows.asked.study.questions[0]))


def up_to_each_day(rows: list[Day], question: Question) -> dict[date, UpTo]:
    """A judgment takes its item out of one pattern of counts and puts it into the next."""
    patterns: Counter[int] = Counter()
    days = sorted({row.day for row in rows})
    wanted, found, since = drawn_of(days), {}, 0
    for day in days:
        for row in (each for each in rows if each.day == day):
            patterns[row.tally] += row.n
            patterns[row.tally - row.unit] -= row.n
            since += row.n
        if day in wanted:
            found[day] = UpTo(*_figures(patterns, question), since)
            since = 0
    return found


def drawn_of(days: list[date], most: int = MOST_DAYS) -> list[date]:
    """At most so many of the days, at equal distances, with the first and the last."""
    return days if len(days) <= most else [days[round(place)] for place in np.linspace(0, len(days) - 1, most)]


def _figures(patterns: Counter[int], question: Question) -> tuple[Estimate, Estimate]:
    packed = [tally for tally, n in patterns.items() if tally > 0 and n > 0]
    counts, weights = unpack(packed, len(question.options)), [patterns[tally] for tally in packed]
    return krippendorff_alpha(counts, weights), percent_agreement(counts, weights)["item_mean"]


def words(found: AgreementByDay) -> Shown:
    if not found.days:
        return Shown(empty="Nothing has been judged yet.")
    columns = (Column("Up to"), Column("α", "coefficient"), Column("Pairs agree", "share"), Column("Items", "count"),
               Column("Judgments since the day above", "count"))  # fmt: skip
    lines = [(day.isoformat(), up.alpha, up.pairs, up.alpha.n, up.judgments) for day, up in found.days.items()]
    return Shown(
        short="Krippendorff's α on plausible, of all judgments up to each day (UTC), with 95 % interval.",
        table=Table("Agreement up to each day", columns, lines),
        more={"reason": list(found.days.values())[-1].alpha.reason},
    )


def plot(found: AgreementByDay) -> Chart | None:
    days, alphas = list(found.days), [each.alpha for each in found.days.values()]
    if all(alpha.value is None for alpha in alphas):
        return None
    first, last = days[0].toordinal(), days[-1].toordinal()
    low = -1 if any((alpha.ci95 or (0,))[0] < 0 for alpha in alphas) else 0
    along, down = chart_scales(HEIGHT, low=low, left=first - 0.5, right=last + 0.5)
    shares = [(day.toordinal() - first + 0.5) / (last - first + 1) for day in days]
    marks = (-1, -0.5, 0, 0.5, 1) if low else (0, 0.25, 0.5, 0.75, 1)
    labelled = drawn_of(days, MOST_LABELS)
    return Chart(
        label=f"Krippendorff's α by day, at last {plain(alphas[-1].value)} "
        f"({interval(alphas[-1].ci95, plain)}); the table has the values",
        height=HEIGHT,
        along=ticks(along, [day.toordinal() for day in labelled], [f"{day.day} {day:%b}" for day in labelled]),
        down=ticks(down, marks, [plain(mark) for mark in marks]),
        lines=[Curve(line(shares, [alpha.value for alpha in alphas], low=low), "c-line")],
        points=[
            _point(along(day.toordinal()), alpha.value, alpha.ci95, down)
            for day, alpha in zip(days, alphas, strict=True)
            if alpha.value is not None
        ],
    )


def _point(x: float, value: float, ci95: tuple[float, float] | None, down: Scale) -> Point:
    low, high = (down(bound) for bound in ci95) if ci95 else (None, None)
    return Point(x, down(value), low, high)


PANEL = Panel(
    "agreement_by_day",
    "Is agreement settling?",
    How(
        "Of each day the items as they had been judged by its end, computed as if the study had ended there. A line "
        "that keeps moving says that the guidelines, or those who judge, have changed.",
        "α = 1 − observed / expected disagreement",
        "Krippendorff 2011; interval as in Gwet 2011, with items as sampling units.",
    ),
    numbers,
    words,
    plot,
)
