"""What a stricter or a milder filter would keep, and how good that would be."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.plots import Chart, Curve, Point, Scale, band, chart_scales, line, ticks
from annotation.figures.rows.asked import Asked, Bound
from annotation.figures.rows.kinds import Decided, Rows
from annotation.figures.tables import Column, Table, Value
from annotation.figures.words import because, interval, large, percent, whole_percent
from common.cached import cached
from stats.estimate import Estimate
from stats.filter.crossfit import Figure, cross_fits
from stats.filter.precision_recall import AtRecall, by_recall
from stats.filter.resampled_curves import ResampledCurves, resampled_curves, smoothed_curves
from stats.filter.threshold_choice import FEWEST_TOLD, Choice, best_threshold, threshold_for
from stats.filter.thresholds import FEWEST_KEPT, Band, threshold_curve
from stats.filter.thresholds import Curve as Thresholds
from stats.resampling import DRAWS
from stats.sample import sample_of
from stats.survey.run import COUNTED

HEIGHT = 290
STEP = 10  # thousandths of the slider and of what is drawn
DRAWN = np.arange(0, 1001, STEP)
WANTED = (0.8, 0.9, 0.95)
BEST: dict[Figure, str] = {"f1": "The best F1", "accuracy": "The best accuracy"}
OTHERS = {"f1": "F1", "accuracy": "Accuracy"}
READ = {"kept_share": "Kept share", "precision": "Precision", "recall": "Recall"}
STYLES = {"kept_share": "c-ink dot", "precision": "c-accent", "recall": "c-ink dash"}
MOST_DRAWN = 400_000  # cells of all resamples together: many cells get fewer resamples
LEAST_DRAWS = 40
KEPT_SECONDS = 900


class Uses(NamedTuple):
    """A run and its strictness, and whether that was set from this study."""

    pk: int
    name: str
    strictness: float
    set_here: bool


@dataclass(frozen=True, slots=True)
class Threshold:
    """`best` by F1 and accuracy, `wanted` by precision, with figures by data that did not choose them; all thresholds
    by `draws` resamples. `at` is where the slider stands."""

    curve: Thresholds
    best: dict[Figure, Choice]
    wanted: dict[float, Choice]
    draws: int
    bound: Bound = field(compare=False)
    at: float = field(compare=False)
    asked_for: float | None = field(compare=False)
    runs: list[Uses] = field(compare=False)


def numbers(rows: Rows) -> Threshold:
    asked, decided, runs, counts = rows.asked, rows.decided(), _runs(rows.asked), rows.of_run()
    curve = rows.once("curve", lambda: threshold_curve(**decided.arguments()))
    if counts is not None and counts.any():
        curve = curve.counting(counts[::-1].cumsum()[::-1])
    of = f"{decided.told} {'' if counts is None else counts.tolist()} {asked.wanted} {asked.bound}"
    best, wanted = cached(f"thresholds {of}", lambda: _chosen(asked, decided, curve), KEPT_SECONDS)
    return Threshold(
        curve=curve,
        best=best,
        wanted=wanted,
        draws=draws_of(decided),
        bound=asked.bound,
        at=asked.at if asked.at is not None else runs[0].strictness,
        asked_for=asked.wanted,
        runs=runs,
    )


def _chosen(asked: Asked, of: Decided, curve: Thresholds) -> tuple[dict[Figure, Choice], dict[float, Choice]]:
    """The best, and those of a wanted precision."""
    by_lower, draws = asked.bound == "lower", draws_of(of)
    resampled = resampled_curves(**of.arguments(), draws=draws, lower=by_lower)
    recalls_of(of, curve, lambda: resampled)  # another panel's
    smoothed = smoothed_curves(**of.arguments(), draws=draws) if by_lower else None
    precisions = WANTED if asked.wanted is None else (asked.wanted,)
    wanted = {each: threshold_for(curve, resampled, each, asked.bound, smoothed) for each in precisions}
    return _best(curve, resampled, of), {each: _counted(choice, curve) for each, choice in wanted.items()}


def recalls_of(of: Decided, curve: Thresholds, resampled: Callable[[], ResampledCurves]) -> list[AtRecall]:
    """Kept for both panels that draw the same resamples, whichever is seen first."""
    return cached(f"by recall {of.told}", lambda: by_recall(curve, resampled()), KEPT_SECONDS)


def _best(curve: Thresholds, resampled: ResampledCurves, of: Decided) -> dict[Figure, Choice]:
    """Their figures by tenths of the items that did not choose, always the same tenths."""
    sample = sample_of(len(of.items), of.weights, of.stratum, items=of.items)
    honest = cross_fits(of.p_yes, of.plausible, BEST, sample, rng=np.random.default_rng(1))
    found = {figure: best_threshold(curve, resampled, figure).reported(honest[figure]) for figure in BEST}
    return {figure: _counted(choice, curve) for figure, choice in found.items()}


def _counted(choice: Choice, curve: Thresholds) -> Choice:
    """What a threshold keeps of the run is the same whoever chose it."""
    kept = None if choice.threshold.value is None else curve.at(choice.threshold.value)["kept_share"]
    return choice if kept is None or kept.ci95 else replace(choice, figures=choice.figures | {"kept_share": kept})


def _runs(asked: Asked) -> list[Uses]:
    chosen = {"pk": asked.selection.run} if asked.selection.run else {}
    set_here = asked.study.set_here
    return [
        Uses(run.pk, run.name, run.strictness, run in set_here)
        for run in asked.study.runs.filter(**chosen).order_by("pk")
    ]


def draws_of(rows: Decided) -> int:
    cells = len(np.unique(rows.stratum)) * 1001 * 2
    return max(LEAST_DRAWS, min(DRAWS, MOST_DRAWN // max(1, min(len(rows.items), cells))))


def words(found: Threshold) -> Shown:
    if not found.curve.kept[0]:
        return Shown(empty="No item has a verdict and a majority of people yet: there is nothing to draw.")
    choices, figures = named(found), found.curve.at(found.at)
    return Shown(
        short=f"Over strictness, the least p(yes) that is kept. Bands: 95 % at each point. {_runs_use(found.runs)}",
        table=_table(found.curve, choices),
        more={
            "at": f"{found.at:g}",
            "strictness": f"{found.runs[0].strictness:g}",
            "readout": [_read(name, figures[name]) for name in READ],
            "curve": json.dumps([_at(found.curve, k) for k in DRAWN.tolist()]),
            "draws": found.draws,
            "wanted": "" if found.asked_for is None else f"{found.asked_for:g}",
            "bound": found.bound,
            "choices": [_choice(title, choice, found.curve) for title, choice in choices.items()],
            "runs": [{**run._asdict(), "strictness": f"{run.strictness:g}"} for run in found.runs],
        },
    )


def named(found: Threshold) -> dict[str, Choice]:
    of = "A lower bound of precision of" if found.bound == "lower" else "A precision of"
    wanted = {f"{of} {100 * wanted:g} %": choice for wanted, choice in found.wanted.items()}
    return {BEST[figure]: choice for figure, choice in found.best.items()} | wanted


def _runs_use(runs: list[Uses]) -> str:
    uses = ", ".join(f"{run.name} uses {run.strictness:g}" for run in runs)
    used = f"{uses[:1].upper()}{uses[1:]}." if len(runs) > 1 else f"The run uses {runs[0].strictness:g}."
    chosen = " and ".join(f"{run.strictness:g}" for run in runs if run.set_here)
    return f"{used} {chosen} was set from this study, so its figures there are too good." if chosen else used


def plot(found: Threshold) -> Chart:
    curve, top = found.curve, found.best["f1"].threshold.value
    along, down = chart_scales(HEIGHT)
    share = DRAWN / 1000
    return Chart(
        label="Kept share, precision and recall over strictness from 0 to 1; the table has the values",
        across="Strictness: the least p(yes) that is kept",
        up="Share",
        height=HEIGHT,
        along=ticks(along, (0, 0.25, 0.5, 0.75, 1), ("0", "0.25", "0.5", "0.75", "1")),
        down=ticks(down, (0, 0.25, 0.5, 0.75, 1), ("0", "25", "50", "75", "100 %")),
        bands=[
            Curve(band(share, *_bounds(getattr(curve, name))), STYLES[name].split()[0])
            for name in ("precision", "recall")
        ],
        lines=[Curve(line(share, _values(getattr(curve, name).value)), STYLES[name]) for name in READ],
        points=_points(found, along, down)
        + ([] if top is None else [Point(along(top), down(0), css="c-yes best", hollow=True)]),
        marker=along(found.at),
        key=[(STYLES[name], READ[name]) for name in READ],
    )


def _points(found: Threshold, along: Scale, down: Scale) -> list[Point]:
    """The marks that follow the slider, one for each line, in the lines' order; hidden where undefined."""
    figures = found.curve.at(found.at)
    values = [figures[name].value for name in READ]
    return [
        Point(along(found.at), down(value or 0), css=STYLES[name].split()[0] + " gone" * (value is None), hollow=True)
        for name, value in zip(READ, values, strict=True)
    ]


def _values(values: np.ndarray) -> list[float | None]:
    return [_rounded(value) for value in values[DRAWN]]


def _bounds(of: Band) -> tuple[list[float | None], list[float | None]]:
    return _values(of.low), _values(of.high)


def _at(curve: Thresholds, k: int) -> list[list[float | None]]:
    """Value and bounds of each figure at the slider's step `k`, for the page's script."""
    bands = [getattr(curve, name) for name in READ]
    return [[_rounded(part[k]) for part in (band.value, band.low, band.high)] for band in bands]


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


def _read(name: str, figure: Estimate) -> dict:
    return {
        "name": name,
        "title": READ[name],
        "style": STYLES[name],
        "value": percent(figure.value),
        "interval": interval(figure.ci95, whole_percent) or because(figure),
    }


def _choice(title: str, choice: Choice, curve: Thresholds) -> dict:
    threshold = choice.threshold
    if threshold.value is None:
        return {"title": title, "reason": threshold.reason}
    low, high = threshold.ci95 or (0, 1)
    reads = json.dumps(_at(curve, round(1000 * threshold.value)))
    told, precision = choice.figures, choice.figures["precision"]
    reported = [_reported(name, told[name]) for name in READ | OTHERS if told[name].value is not None]
    reported += [f"precision {precision.reason}"] if precision.value is None else []
    reached = f" {threshold.note}." if threshold.note else ""
    return {
        "title": title,
        "at": f"{threshold.value:g}",
        "interval": f"{low:.2f}–{high:.2f}",
        "reads": reads,
        "reported": f"{', '.join(reported)}.{reached}",
    }


def _reported(name: str, figure: Estimate) -> str:
    bounds = interval(figure.ci95, whole_percent)
    name = (READ | OTHERS)[name].lower() if name != "f1" else "F1"
    return f"{name} {percent(figure.value)}{f' ({bounds})' if bounds else ''}"


def _table(curve: Thresholds, choices: dict[str, Choice]) -> Table:
    """The curve, and below it the chosen thresholds with what is to be reported of them."""
    columns = [Column(title, "share") for title in (READ | OTHERS).values()]
    rows: list[tuple[Value, ...]] = [
        (k / 1000, *_cells(curve.at(k / 1000)), round(float(curve.kept[k])), "") for k in range(0, 1001, 50)
    ]
    for title, choice in choices.items():
        at = choice.threshold.value
        kept = None if at is None else round(float(curve.kept[round(1000 * at)]))
        rows.append((at, *_cells(choice.figures), kept, title))
    caption = f"Over strictness, of the judged items with a majority ({large(round(float(curve.kept[0])))})"
    last = (Column("Items kept", "count"), Column("Chosen for"))
    return Table(caption, (Column("Strictness", "number"), *columns, *last), rows)


def _cells(figures: dict[str, Estimate]) -> list[Value]:
    """In a row each; what is counted needs no word on its interval."""
    return [figures[name].value if figures[name].note == COUNTED else figures[name] for name in READ | OTHERS]


PANEL = Panel(
    "threshold",
    "What a stricter filter would keep",
    How(
        "Of the judged items with a verdict and a majority, weighted to the run, at each thousandth of p(yes); a "
        "verdict without a probability counts as 1 or 0. The kept share is counted over all verdicts of the run, where "
        "no category is chosen. No precision is drawn from fewer than "
        f"{FEWEST_KEPT} kept items. Each band holds for its point alone. A chosen threshold's interval comes from "
        "resamples of the items within strata. Its figures are told by data that did not choose it: for a best F1 or "
        "accuracy each tenth of the items is judged at the threshold of the other nine, 20 times anew; for a wanted "
        "precision what resamples are too good is taken off, for a lower bound of it resamples whose answers are drawn "
        f"by the share plausible about their p(yes); of fewer than {FEWEST_TOLD} items a lower bound tells no more "
        "than its promise, as only lucky studies reach it. Setting the strictness changes "
        "what counts as kept everywhere and at once; no call is made again.",
        "kept: p(yes) ≥ strictness",
        "Särndal, Swensson and Wretman 1992, section 5.7; van Rijsbergen 1979 for F1; Efron 1979, 1982 and 1983 for "
        "the resamples; Stone 1974 for the tenths.",
    ),
    numbers,
    words,
    plot,
    template="studies/panels/threshold.html",
    is_wide=True,
)
