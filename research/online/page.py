"""What the page of an experiment in a shop shows, in words, and what may be said of it."""

from dataclasses import dataclass
from typing import Any

from annotation.figures.plots import Chart, Curve, band, chart_scales, line, ticks
from common.words import day_words, large, percent
from research.online.results import Compared, OnlineResults, left_out

HEIGHT = 290
METRIC_WORDS = {"buyers": "units that bought", "purchases": "purchases a unit", "money": "money a unit"}
LEFT_OUT_WORDS = {
    "early": "outcomes before a first exposure (they steady the comparison where they are recent)",
    "late": "outcomes after the window",
    "unknown": "outcomes of units never exposed",
    "repeats": "rows sent again under their key",
    "crossed": "units shown more than one arm (they count for the first)",
    "strayed": "exposures to another arm than the hash assigns",
    "erased_units": "units erased on request",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """For the template that draws plots."""

    plot: Chart | None


def online_page(results: OnlineResults) -> dict[str, Any]:
    online = results.online
    total = sum(each.units for each in results.arms) or 1
    weights = sum(each.arm.weight for each in results.arms)
    return {
        "online": online,
        "results": results,
        "arms": [
            {
                "counts": each,
                "meant": percent(each.arm.weight / weights),
                "came": percent(each.units / total, 2),
                "rate": percent(each.buyers / each.ended, 2) if each.ended else "–",
                "money": f"{each.money:,.2f}",
            }
            for each in results.arms
        ],
        "ratio": _ratio_words(results),
        "lifts": [_lift(each) for each in results.compared],
        "plots": [
            {"arm": each.arm, "shown": Shown(_plot(each))} for each in results.compared if each.metric == "buyers"
        ],
        "said": [_said(each, results) for each in results.compared if each.metric == "buyers"],
        "left_out": [
            (LEFT_OUT_WORDS[name], large(n)) for name, n in left_out(online).items() if n
        ],
    }  # fmt: skip


def _ratio_words(results: OnlineResults) -> str:
    if results.ratio is None:
        return "No unit has been exposed yet."
    told = f"χ² = {results.ratio.chi2:.2f}, p {_p(results.ratio.p)}; alarm under .001"
    return f"{'Uneven' if results.is_uneven else 'Even'}: {told}."


def _p(p: float) -> str:
    return "< .001" if p < 0.001 else f"= {p:.3f}".replace("0.", ".")


def _lift(each: Compared) -> dict[str, Any]:
    last = each.last
    told = {"arm": each.arm, "metric": METRIC_WORDS[each.metric], "reason": each.reason}
    if last:
        told |= {
            "value": _signed(last.value), "units": last.units, "sequence": _span(last.sequence),
            "fixed": _span(last.fixed),
            "saved": percent(each.variance_saved) if each.variance_saved is not None else "–",
        }  # fmt: skip
    return told


def _said(each: Compared, results: OnlineResults) -> str:
    if results.is_uneven:
        return (
            "Nothing may be said yet: the units did not come in the shares that were meant, so the arms are not alike. "
            "Look for exposures that are lost or sent twice in one arm, for redirects and for robots."
        )
    if each.last is None:
        return f"{each.arm.name}: nothing may be said yet; {each.reason}."
    if each.since is None:
        return (
            f"{each.arm.name}: the band holds 0, so neither arm is ahead yet. Look as often as you like: "
            "the band allows for it. The interval for one look does not."
        )
    better = "sells to more units" if each.last.value > 0 else "sells to fewer units"
    return (
        f"{each.arm.name} {better} than the control: the band lies off 0 since units of {day_words(each.since)}, "
        "and this stays so however often one looks, at 95 %."
    )


def _plot(each: Compared) -> Chart | None:
    if len(each.looks) < 2:
        return None
    # By the newest look, or the first days, which know nothing, would flatten the rest.
    reach = max(0.05, 2 * max(abs(bound) for bound in each.looks[-1].sequence))
    reach = min(reach, 5.0)
    lowest = -min(reach, 1.0)  # less than nothing is not sold
    first, last = each.looks[0].day, each.looks[-1].day
    lows, highs = ([look.sequence[side] for look in each.looks] for side in (0, 1))
    along = [(look.day - first).days / ((last - first).days or 1) for look in each.looks]

    def at(value: float) -> float:
        return (max(lowest, min(reach, value)) - lowest) / (reach - lowest)

    across, down = chart_scales(HEIGHT, low=lowest, high=reach)
    marks = [lowest, 0.0, reach]
    return Chart(
        label=f"Lift of {each.arm.name} in units that bought, by day of first exposure",
        across="Day of first exposure",
        up="Lift in units that bought",
        height=HEIGHT,
        along=ticks(across, [0, 1], [f"{first:%-d %b}", f"{last:%-d %b}"]),
        down=ticks(down, marks, [_signed(mark) for mark in marks]),
        bands=[Curve(band(along, [at(low) for low in lows], [at(high) for high in highs]), "c-accent")],
        lines=[
            Curve(line(along, [at(look.value) for look in each.looks]), "c-accent"),
            *(Curve(line(along, [at(look.fixed[side]) for look in each.looks]), "c-line dot") for side in (0, 1)),
        ],
        key=[("c-accent", "lift, band valid at any look"), ("c-line dot", "valid for one planned look only")],
    )  # fmt: skip


def _signed(share: float) -> str:
    return f"{'+' if share > 0 else '−' if share < 0 else ''}{abs(share):.1%}".replace("%", " %")


def _span(ends: tuple[float, float]) -> str:
    return f"{_signed(ends[0])} to {_signed(ends[1])}"
