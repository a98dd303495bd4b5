"""The primary figure of a study with a plan, with an interval that may be looked at all the time."""

from dataclasses import dataclass, field
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from annotation.design.planning.fixed import plan_of
from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.panels.shares import said
from annotation.figures.patterns import Patterns
from annotation.figures.plots import Dots, dots
from annotation.figures.rates import positive, sample
from annotation.figures.rows.kinds import Rows
from annotation.figures.tables import Column, Table
from annotation.figures.words import large, plain
from annotation.models import Study, StudyPlan
from annotation.selection import EVERYTHING
from stats.estimate import Estimate, undefined
from stats.filter.complete import majority_truth
from stats.looking import beta_mixture, narrow_enough, share_sequence
from stats.planning import ASSUMED_SHARE
from stats.rates import NO_JUDGMENTS
from stats.sample import Sample

Floats = NDArray[np.float64]
Figure = StudyPlan.Figure
RATES = (Figure.PLAUSIBILITY, Figure.TYPICALITY)
# Only kept items tell of precision and plausible ones of recall. How many there will be must not follow from what is
# seen, or the interval would no longer hold at every look.
TELLING = {Figure.PRECISION: ASSUMED_SHARE, Figure.RECALL: ASSUMED_SHARE}


@dataclass(frozen=True, slots=True)
class Looking:
    """`once` is the interval of one look, `always` of all; `items` can tell of the figure."""

    plan: StudyPlan | None = field(compare=False)
    chosen: bool = field(compare=False)
    items: int
    once: Estimate
    always: Estimate

    @property
    def half_width(self) -> float | None:
        return None if self.always.ci95 is None else (self.always.ci95[1] - self.always.ci95[0]) / 2


def numbers(rows: Rows) -> Looking:
    study, chosen = rows.asked.study, rows.asked.selection.counted != EVERYTHING
    (judged, _), plan = rows.judged(), plan_of(study)
    if plan is None or chosen:
        nothing = undefined(NO_JUDGMENTS)
        return Looking(plan, chosen, int(judged.items.sum()), nothing, nothing)
    numerator, denominator, within = told(judged, study, plan.figure)
    design, y, x = sample(judged).where(within), numerator[within], denominator[within]
    planned = max(1, round(plan.items * TELLING.get(Figure(plan.figure), 1)))
    plain = _is_plain(study, plan, judged) and np.isin([y, x], (0, 1)).all()
    always = _of_plain_answers(y, x, design, planned) if plain else share_sequence(design, y, x, planned)
    return Looking(plan, chosen, design.size(), design.ratio(y, x, NO_JUDGMENTS), always)


def _is_plain(study: Study, plan: StudyPlan, judged: Patterns) -> bool:
    """Items drawn alike, and of each a yes or a no: the design's to say, or the kind of sequence would follow from
    what is seen. Those that are closed with a tie are none."""
    drawn_alike = not study.strata and len(np.unique(judged.inclusion)) == 1
    return bool(drawn_alike and study.overlap % 2 and (study.overlap == 1 or plan.figure not in RATES))


def _of_plain_answers(y: Floats, x: Floats, design: Sample, planned: int) -> Estimate:
    yes, among = round(float(design.items @ y)), round(float(design.items @ x))
    return beta_mixture(yes, among - yes, planned)


def told(judged: Patterns, study: Study, figure: str) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Numerator and denominator of the figure, and which rows can tell of it; all (rows,)."""
    first, second = study.questions
    says, n = positive(judged, second if figure == Figure.TYPICALITY else first)
    if figure in RATES:
        return says / np.maximum(n, 1), np.ones(len(n)), n > 0
    truth, kept = majority_truth(says, n), judged.kept.astype(float)
    parts = {
        Figure.ACCURACY: (np.where(judged.kept, truth, 1 - truth), np.ones(len(n))),
        Figure.PRECISION: (kept * truth, kept),
        Figure.RECALL: (kept * truth, truth),
    }
    return *parts[Figure(figure)], judged.filtered & judged.complete & (n > 0)


def words(found: Looking) -> Shown:
    if not found.items:
        return Shown(empty="Nothing has been judged yet.")
    if found.plan is None:
        return Shown(empty="No plan was fixed before the first judgment.")
    if found.chosen:
        return Shown(empty="The plan speaks of the whole study: take the choice above away to see how far it is.")
    columns = (Column("Interval"), Column("Figure", "share"), Column("Items", "count"))
    rows = [(name, each, each.n) for name, each in named(found)]
    return Shown(
        short=f"{_capital(str(found.plan))}; fixed on {found.plan.fixed_at:%Y-%m-%d %H:%M} UTC. {verdict(found)}",
        table=Table(f"{_capital(found.plan.get_figure_display())}, with 95 % intervals", columns, rows),
        more={"reason": found.once.reason},
    )


def verdict(found: Looking) -> str:
    """Whether to stop, as the plan has it."""
    plan, half = found.plan, found.half_width
    if plan and plan.half_width and narrow_enough(found.always, plan.half_width):
        return f"Stop: the half-width is under {100 * plan.half_width:g} points."
    if plan and found.items >= plan.items:
        return f"Stop: the planned {large(plan.items)} items are judged."
    if plan and plan.half_width and half is not None:
        return f"Go on: the half-width is {plain(100 * half, 1)} points, wanted are {100 * plan.half_width:g}."
    to_go = (plan.items if plan else 0) - found.items
    return f"Go on: {large(to_go)} of the planned items are to be judged{_early(found)}."


def _early(found: Looking) -> str:
    return f"; {found.always.reason}" if found.always.reason else ""


def plot(found: Looking) -> Dots | None:
    if found.once.value is None:
        return None
    known = [(name, each) for name, each in named(found) if each.value is not None]
    bounds = [bound for _, each in known for bound in each.ci95 or (each.value or 0.0,)]
    low, high = floor(10 * min(bounds)), ceil(10 * max(bounds))
    high = max(high, low + 1)
    return dots(
        [(name, each, *said(each)) for name, each in known],
        label=f"{found.plan.get_figure_display() if found.plan else ''} with two intervals; the table has the values",
        across=found.plan.get_figure_display() if found.plan else "Share",
        ticks=[(tenth / 10, f"{10 * tenth}{' %' if tenth == high else ''}") for tenth in range(low, high + 1)],
    )


def named(found: Looking) -> list[tuple[str, Estimate]]:
    return [("at one look", found.once), ("at every look", found.always)]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


PANEL = Panel(
    "looking",
    "How far the plan is",
    How(
        "An interval of 95 % that is looked at again and again misses far more often than once in twenty. The wider "
        "one holds at all looks together, so one may stop at any of them; it is narrowest about the planned number of "
        "items (60 % of which are assumed to tell of precision or recall). It takes items as coming in random order "
        "and begins at 30 of them; where all were drawn alike and each says yes or no it is exact from the first on, a "
        "beta mixture of the plain share. The filter's figures are of items that nobody can still be asked about.",
        "p̂ within Wilson's interval at p(1 − p)/V, with √((1 + 1/nr) log((nr + 1)/α²)) for 1.96",
        "Robbins 1970; Howard et al. 2021; Waudby-Smith et al. 2024, theorem 2.2.",
    ),
    numbers,
    words,
    plot,
)
