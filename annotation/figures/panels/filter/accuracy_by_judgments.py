"""The filter's accuracy as it was told while judgments came in: of the items that were complete by then."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.plots import Chart, Curve, chart_scales, line, point, ticks
from annotation.figures.rows.kinds import Completed, Rows
from annotation.figures.speaking import response_factors
from annotation.figures.tables import Column, Table
from annotation.figures.words import interval, large, percent, whole_percent
from stats.estimate import Estimate, undefined
from stats.filter.complete import FEWEST_COMPLETE
from stats.rates import NO_JUDGMENTS
from stats.sample import sample_of

HEIGHT = 290


@dataclass(frozen=True, slots=True)
class AccuracyByJudgments:
    """By the number of judgments so far; undefined until enough items are complete. `filtered` items have a verdict."""

    filtered: int
    so_far: dict[int, Estimate]


def numbers(rows: Rows) -> AccuracyByJudgments:
    of, judged = rows.completed(), rows.judged()[0]
    names = np.unique(of.stratum)
    whole = dict(zip(names.tolist(), response_factors(judged, names, of_complete=True), strict=True))
    since = Counter[int]()
    for row in rows.grown():
        since[row.step] += row.n
    found, so_far = {}, 0
    for step in sorted(since):
        so_far += since[step]
        found[so_far] = _accuracy(of, of.step <= step, whole)
    return AccuracyByJudgments(int(judged.items @ judged.filtered), found)


def _accuracy(of: Completed, by_then: NDArray[np.bool_], whole: dict[str, float]) -> Estimate:
    """The complete of a stratum speak for all of it, as they do at the end, when their weights grow by `whole`."""
    n = round(float(of.items[by_then].sum()))
    if n < FEWEST_COMPLETE:
        return undefined(f"{n} items are complete, and {FEWEST_COMPLETE} are needed", n)
    names, code = np.unique(of.stratum, return_inverse=True)
    stands_for = of.items / of.inclusion
    share = np.bincount(code, stands_for) / np.maximum(np.bincount(code, stands_for * by_then), 1e-300)
    weights = (np.array([whole[name] for name in names.tolist()]) * share)[code] / of.inclusion
    right = np.where(of.kept, of.truth, 1 - of.truth)[by_then]
    sample = sample_of(len(right), weights[by_then], of.stratum[by_then], items=of.items[by_then])
    return sample.ratio(right, np.ones(len(right)), NO_JUDGMENTS)


def words(found: AccuracyByJudgments) -> Shown:
    if not found.so_far:
        return Shown(empty="Nothing has been judged yet.")
    if not found.filtered:
        return Shown(empty="These intentions have no verdict: they come from a run without a filter.")
    columns = (Column("Judgments", "count"), Column("Accuracy", "share"), Column("Complete items", "count"))
    return Shown(
        short="Accuracy against the majority of the items that were complete by then, weighted to the run, with 95 % "
        "interval. Blocks of items are finished one after the other, in random order, so that it narrows and does not "
        "drift as votes come in.",
        table=Table(
            "Accuracy of the first complete items",
            columns,
            [(judgments, figure, figure.n) for judgments, figure in found.so_far.items()],
        ),
        more={"reason": list(found.so_far.values())[-1].reason},
    )


def plot(found: AccuracyByJudgments) -> Chart | None:
    known = {n: figure for n, figure in found.so_far.items() if figure.value is not None}
    if not known:
        return None
    last, at_last = max(found.so_far), list(known.values())[-1]
    along, down = chart_scales(HEIGHT, right=last)
    marks = (0, 0.25, 0.5, 0.75, 1)
    return Chart(
        label=f"Accuracy of the filter by the number of judgments, at last {percent(at_last.value)} "
        f"({interval(at_last.ci95, percent)}); the table has the values",
        across="Judgments so far",
        up="Accuracy of the filter",
        height=HEIGHT,
        along=ticks(along, (0, last / 2, last), ("0", large(round(last / 2)), large(last))),
        down=ticks(down, marks, [whole_percent(mark) for mark in marks]),
        lines=[Curve(line([n / last for n in known], [figure.value for figure in known.values()]), "c-line")],
        points=[point(along(n), figure, down) for n, figure in known.items()],
    )


PANEL = Panel(
    "accuracy_by_judgments",
    "Does accuracy stay as votes come in?",
    How(
        "At up to 40 moments with about as many judgments between, from the sample alone, without p(yes). From 30 "
        "complete items on. In a closed study, and where items were not given in blocks, those that few have judged "
        "count from their last judgment on. A line that moves by more than its intervals says that later items, or "
        "those who judge, are others.",
        "accuracy = Σ wᵢ [verdict = majority] / Σ wᵢ over items complete by then",
        "Särndal, Swensson and Wretman 1992, section 5.7; Wilson's interval at the effective size.",
    ),
    numbers,
    words,
    plot,
)
