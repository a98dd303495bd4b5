"""What a sample can tell, drawn: the smallest difference that 80 % power finds, over the number of pairs."""

from collections.abc import Sequence
from math import ceil, log10, sqrt

from annotation.figures.plots import Chart, Curve, Point, chart_scales, line, ticks
from research.experiments.judged import Judged

HEIGHT, STEPS = 260, 60
AS_MANY = 4  # times the pairs that there are, to the right


def telling(rows: Sequence[Judged]) -> dict | None:
    """Of the arm that is told worst; None where no arm's difference varies."""
    told = [(row.difference.detectable, row) for row in rows if row.difference.detectable]
    if not told:
        return None
    smallest, row = max(told, key=lambda each: each[0])
    return {
        "arm": row.arm.label,
        "points": f"{100 * smallest:.1f}",
        "n": row.difference.figure.n,
        "needed": {f"{100 * wanted:g}": n for wanted, n in row.needed.items() if n},
        "plot": _curve(smallest, row.difference.figure.n),
    }


def _curve(smallest: float, n: int) -> Chart:
    """δ(m) = δ_now √(n/m): pairs drawn as these."""
    most, top = _round(AS_MANY * n), min(_round(200 * smallest) / 100, 1.0)
    along, down = chart_scales(HEIGHT, high=top, right=most)
    shares = [step / STEPS for step in range(1, STEPS + 1)]
    found = [smallest * sqrt(n / (share * most)) for share in shares]
    return Chart(
        label=f"Smallest difference found with 80 % power: {100 * smallest:.1f} points of {n:,} pairs, half of it of "
        "four times as many",
        across="Pairs judged in each arm",
        up="Smallest difference found with 80 % power, points",
        height=HEIGHT,
        along=ticks(along, [most * part / 4 for part in range(5)], [f"{most * part / 4:,.0f}" for part in range(5)]),
        down=ticks(down, [top * part / 4 for part in range(5)], [f"{100 * top * part / 4:g}" for part in range(5)]),
        lines=[Curve(line(shares, [value if value <= top else None for value in found], high=top), "c-accent")],
        points=[Point(along(n), down(smallest))],
        marker=along(n),
    )


def _round(value: float) -> int:
    """Up to a number that quarters well."""
    step = 4 * 10 ** max(0, ceil(log10(max(value, 1) / 40)))
    return ceil(value / step) * step
