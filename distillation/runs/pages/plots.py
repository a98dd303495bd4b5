"""Lines over time, as positions in per cent: a page draws them in a stretched SVG with its text beside it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MOST_TIMES = 6
DAY_S, MINUTE_S = 86_400, 60
STEPS_S = [
    *(2, 5, 10, 15, 30),
    *(MINUTE_S * n for n in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720)),
    *(DAY_S * n for n in (1, 2, 7, 28)),
]


@dataclass(frozen=True, slots=True)
class Mark:
    at: float
    label: str
    time: datetime | None = None
    seconds: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """`path` is in a square of 100 with its origin at the upper left; marks are from the left and from below."""

    path: str
    values: list[Mark]
    times: list[Mark]
    across: str


def line_plot(points: Sequence[tuple[datetime, float | None]], *, top: float, unit: str = "") -> Plot:
    """A line that breaks where there is no value, on a scale from 0 to `top`."""
    start, end = points[0][0], points[-1][0]
    span = max((end - start).total_seconds(), 1.0)
    placed = [
        (100 * (at - start).total_seconds() / span, None if value is None else 100 - 100 * min(value / top, 1))
        for at, value in points
    ]
    values = [Mark(at, f"{top * at / 100:g}{unit}") for at in (0, 50, 100)]
    step = next((s for s in STEPS_S if span / s <= MOST_TIMES), STEPS_S[-1])
    return Plot(_path(placed), values, _times(start, end, span, step), "Day" if step >= DAY_S else "Time of day")


def round_top(most: float) -> float:
    """The least of 1, 2, 3, 4, 6, 8, 10, 20 … that holds `most`; half of it is a plain number too."""
    power = 10 ** math.floor(math.log10(max(most, 1.0)))
    return next(n * power for n in (1, 2, 3, 4, 6, 8, 10) if n * power >= most)


def _path(placed: Sequence[tuple[float, float | None]]) -> str:
    parts, pen_down = [], False
    for x, y in placed:
        if y is not None:
            # A line of length zero with round ends is a dot: a value between two gaps is seen.
            parts.append(f"L{x:.2f} {y:.2f}" if pen_down else f"M{x:.2f} {y:.2f}h0")
        pen_down = y is not None
    return "".join(parts)


def _times(start: datetime, end: datetime, span: float, step: int) -> list[Mark]:
    first = math.ceil(start.timestamp() / step) * step
    at = [datetime.fromtimestamp(t, UTC) for t in range(first, int(end.timestamp()) + 1, step)] or [start]
    return [_mark(t, 100 * (t - start) / timedelta(seconds=span), step) for t in at]


def _mark(at: datetime, place: float, step: int) -> Mark:
    """Days have a date as their label; a time of day is shown in the reader's zone."""
    if step >= DAY_S:
        return Mark(place, f"{at.day} {at:%b}")
    return Mark(place, f"{at:%H:%M}" if step >= MINUTE_S else f"{at:%H:%M:%S}", at, step < MINUTE_S)
