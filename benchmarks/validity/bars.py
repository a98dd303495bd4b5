"""What a measurement of validity prints: figure, bar, and whether it was met."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    figure: str
    bar: str
    met: bool


def within(what: str, value: float, low: float, high: float, places: int = 1) -> Row:
    """A share between two bars, in per cent."""
    figure, bar = f"{100 * value:.{places}f} %", f"{100 * low:g}-{100 * high:g} %"
    return Row(what, figure, bar, low <= value <= high)


def at_most(what: str, value: float, bar: float) -> Row:
    return Row(what, f"{value:.3f}", f"at most {bar:g}", value <= bar)


def points(what: str, value: float, bar: float) -> Row:
    """A difference in percentage points, in either direction."""
    return Row(what, f"{100 * value:+.2f} points", f"within {100 * bar:g}", abs(value) <= bar)


def show(row: Row) -> None:
    print(f"{'met   ' if row.met else 'MISSED'} {row.figure:>14}  (bar {row.bar})  {row.what}", flush=True)
