"""Coordinates for SVG, pure: along in per cent of the width, so that text keeps its size on a phone; down in pixels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from stats.estimate import Estimate

LONGEST_NAME = 18  # longer names stand over their row instead of beside it
LONGEST_ABOVE = 44
NARROW, STACKED = (31.0, 80.0), (1.0, 80.0)
CHART_LEFT, CHART_RIGHT, CHART_TOP, CHART_FOOT = 9.0, 98.0, 28, 42
TITLE = 22  # under the rows, for the title of the axis


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values to coordinates; what lies beyond an end is put on it."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Span:
    """An estimate along a line: a mark and its interval."""

    at: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class DotRow:
    name: str
    y: int
    name_y: int
    span: Span | None
    text: str
    interval: str = ""
    css: str = ""  # of this row alone, as its shape is
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Dots:
    """Rows of a name, a mark with its interval, and the value in words."""

    label: str
    across: str  # title of the axis, with its unit
    height: int
    rows: list[DotRow]
    ticks: list[Tick]
    names_above: bool
    reference: float | None = None
    shape: str = "circle"
    css: str = "c-accent"
    kind: str = "dots"

    @property
    def foot(self) -> int:
        return self.height - TITLE

    @property
    def middle(self) -> float:
        return sum(STACKED if self.names_above else NARROW) / 2


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float
    low: float | None = None
    high: float | None = None
    css: str = "c-accent"
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Curve:
    path: str
    css: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Curves, in a square of 100 that is stretched, and points, under one scale each along and down."""

    label: str
    across: str
    up: str
    height: int
    along: list[Tick]
    down: list[Tick]
    bands: list[Curve] = field(default_factory=list)
    lines: list[Curve] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    marker: float | None = None
    diagonal: bool = False
    key: list[tuple[str, str]] = field(default_factory=list)  # the lines' styles and names
    kind: str = "chart"

    @property
    def foot(self) -> int:
        return self.height - CHART_FOOT

    @property
    def top(self) -> int:
        return CHART_TOP

    @property
    def inner(self) -> int:
        return self.foot - CHART_TOP


@dataclass(frozen=True, slots=True)
class Disc:
    x: float
    y: int
    radius: float
    text_y: float
    text: str


@dataclass(frozen=True, slots=True)
class Bubbles:
    """A table of discs, their area the share."""

    label: str
    across: str
    up: str
    height: int
    columns: list[Tick]
    rows: list[Tick]
    discs: list[Disc]
    kind: str = "bubbles"


@dataclass(frozen=True, slots=True)
class Part:
    x: float
    width: float
    css: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of parts that follow one another."""

    label: str
    across: str
    parts: list[Part]
    thick: int = 16
    height: int = 16 + TITLE
    kind: str = "bar"


def span(figure: Estimate, scale: Scale) -> Span | None:
    if figure.value is None:
        return None
    low, high = figure.ci95 or (None, None)
    return Span(scale(figure.value), None if low is None else scale(low), None if high is None else scale(high))


def dots(
    rows: Sequence[tuple[str, Estimate, str, str]],
    *,
    label: str,
    across: str,
    ticks: Sequence[tuple[float, str]],
    reference: float | None = None,
    shape: str = "circle",
    css: str = "c-accent",
) -> Dots:
    """Of (name, estimate, its words, the interval's words); the ticks' ends are those of the scale."""
    above = any(len(name) > LONGEST_NAME for name, *_ in rows)
    scale = Scale(ticks[0][0], ticks[-1][0], *(STACKED if above else NARROW))
    step, first = (38, 48) if above else (21, 32)
    placed = [
        DotRow(
            name=_shortened(name),
            y=first + i * step,
            name_y=first + i * step - (12 if above else -4),
            span=span(figure, scale),
            text=text,
            interval=interval,
        )
        for i, (name, figure, text, interval) in enumerate(rows)
    ]
    return Dots(
        label=label,
        across=across,
        height=first + max(len(rows) - 1, 0) * step + 12 + TITLE,
        rows=placed,
        ticks=[Tick(scale(value), words) for value, words in ticks],
        names_above=above,
        reference=None if reference is None else scale(reference),
        shape=shape,
        css=css,
    )


def grouped_dots(
    groups: Sequence[tuple[str, Sequence[tuple[Estimate, str, str, str, str]]]],
    *,
    label: str,
    across: str,
    ticks: Sequence[tuple[float, str]],
    reference: float | None = None,
) -> Dots:
    """Several rows under each name: (figure, its words, the interval's words, css, shape)."""
    above = any(len(name) > LONGEST_NAME for name, _ in groups)
    scale = Scale(ticks[0][0], ticks[-1][0], *(STACKED if above else NARROW))
    placed, y = [], 30
    for name, rows in groups:
        y += 18 * above
        name_y = y - 18 if above else y + 9 * (len(rows) - 1) + 4
        for i, (figure, text, interval, css, shape) in enumerate(rows):
            shown = "" if i else _shortened(name)
            placed.append(DotRow(shown, y, name_y, span(figure, scale), text, interval, css, shape))
            y += 18
        y += 12
    marks = [Tick(scale(value), words) for value, words in ticks]
    at = None if reference is None else scale(reference)
    height = y - 12 + TITLE
    return Dots(
        label=label, across=across, height=height, rows=placed, ticks=marks, names_above=above, reference=at
    )  # fmt: skip


def chart_scales(
    height: int, *, low: float = 0, high: float = 1, left: float = 0, right: float = 1
) -> tuple[Scale, Scale]:
    """The two scales of a chart of this height."""
    along = Scale(left, right, CHART_LEFT, CHART_RIGHT)
    return along, Scale(low, high, height - CHART_FOOT, CHART_TOP)


def point(x: float, figure: Estimate, down: Scale) -> Point:
    """Of a figure that is defined, with its interval."""
    low, high = (down(bound) for bound in figure.ci95) if figure.ci95 else (None, None)
    return Point(x, down(figure.value or 0.0), low, high)


def ticks(scale: Scale, values: Sequence[float], words: Sequence[str]) -> list[Tick]:
    return [Tick(scale(value), word) for value, word in zip(values, words, strict=True)]


def line(along: Iterable[float], values: Iterable[float | None], *, low: float = 0, high: float = 1) -> str:
    """A path in a square of 100 that breaks where there is no value; `along` runs from 0 to 1."""
    down, parts, pen_is_down = Scale(low, high, 100, 0), [], False
    for x, value in zip(along, values, strict=True):
        if value is not None:
            parts.append(f"{'L' if pen_is_down else 'M'}{100 * x:g} {down(value):g}")
        pen_is_down = value is not None
    return "".join(parts)


def band(along: Iterable[float], lows: Iterable[float | None], highs: Iterable[float | None]) -> str:
    """The area between two lines, from 0 to 1; a gap in them ends an area and begins another."""
    down, parts = Scale(0, 1, 100, 0), []
    for run in _runs(list(zip(along, lows, highs, strict=True))):
        there = "L".join(f"{100 * x:g} {down(high):g}" for x, _, high in run)
        back = "L".join(f"{100 * x:g} {down(low):g}" for x, low, _ in reversed(run))
        parts.append(f"M{there}L{back}Z")
    return "".join(parts)


def _runs(points: list[tuple[float, float | None, float | None]]) -> list[list[tuple[float, float, float]]]:
    runs: list[list] = [[]]
    for point in points:
        if None in point:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_ABOVE else f"{name[: LONGEST_ABOVE - 1]}…"
