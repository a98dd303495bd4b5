"""What a measurement tells: a figure, its bar, and whether it was met.

Each row is printed as it comes. Where `MINDSITE_BENCH_ROWS` names a file it is written there as well, as a line of
JSON, for the table at the end of `python -m benchmarks`.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    figure: str
    bar: str
    met: bool
    value: float | None = None  # the figure as a number, to be compared with the last measurement's
    ratio: float | None = None  # of the figure to its bar, where that says something


def at_most(what: str, value: float, bar: float, unit: str = "") -> Row:
    met = bool(value <= bar)
    return Row(what, _worded(value, unit), f"at most {_worded(bar, unit)}", met, float(value), _ratio(value, bar))


def at_least(what: str, value: float, bar: float, unit: str = "") -> Row:
    met = bool(value >= bar)
    return Row(what, _worded(value, unit), f"at least {_worded(bar, unit)}", met, float(value), _ratio(value, bar))


def within(what: str, value: float, low: float, high: float, places: int = 1) -> Row:
    """A share between two bars, in per cent."""
    bar = f"{100 * low:g}-{100 * high:g} %"
    return Row(what, f"{100 * value:.{places}f} %", bar, bool(low <= value <= high), 100 * float(value))


def points(what: str, value: float, bar: float) -> Row:
    """A difference in percentage points, in either direction."""
    met, ratio = bool(abs(value) <= bar), _ratio(abs(value), bar)
    return Row(what, f"{100 * value:+.2f} points", f"within {100 * bar:g}", met, 100 * float(value), ratio)


def holds(what: str, met: bool) -> Row:
    """Something that is so or is not so."""
    return Row(what, "yes" if met else "no", "yes", bool(met))


def show(row: Row, more: str = "") -> bool:
    """Print it, keep it for the table; whether it was met."""
    print(
        f"  {'met   ' if row.met else 'MISSED'} {row.figure:>12}  (bar {row.bar})  {row.what}{more and '; '}{more}",
        flush=True,
    )
    if path := os.environ.get("MINDSITE_BENCH_ROWS"):
        with Path(path).open("a") as file:
            file.write(json.dumps(asdict(row)) + "\n")
    return row.met


def show_all(rows: Iterable[Row], more: str = "") -> bool:
    """Each of them; whether all were met."""
    met = [show(row, more) for row in rows]
    return all(met)


def _worded(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{number} {unit}".strip()


def _ratio(value: float, bar: float) -> float | None:
    return float(value / bar) if bar else None
