"""The table behind a plot, with the same cells for the page and for the CSV."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from annotation.figures.words import because, fine, interval, large, percent, plain, points
from common.copying import inert_text
from stats.estimate import Estimate

# Kinds of columns that hold figures, and how they are written.
FIGURES: dict[str, Callable[[Any], str]] = {
    "share": percent,
    "points": points,
    "coefficient": plain,
    "fine": fine,
}

Value = str | int | float | Estimate | None
ROWS_SHOWN = 200  # the CSV has all


class Column(NamedTuple):
    """`kind`: text, count, number, one of FIGURES (share: in per cent, points: of a difference of shares, fine: to the
    thousandth), or words: a figure in words already."""

    title: str
    kind: str = "text"


class Cell(NamedTuple):
    text: str
    small: str = ""
    is_number: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    caption: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Value, ...]]

    @property
    def lines(self) -> list[list[Cell]]:
        """For the page; the first cell heads its row."""
        return [
            [_cell(value, column.kind) for value, column in zip(row, self.columns, strict=True)]
            for row in self.rows[:ROWS_SHOWN]
        ]

    @property
    def n_left_out(self) -> int:
        return max(0, len(self.rows) - ROWS_SHOWN)

    @property
    def heads(self) -> list[Cell]:
        return [Cell(column.title, is_number=column.kind != "text") for column in self.columns]

    def csv(self) -> str:
        """Figures to the last digit, with bounds, n and reason in columns of their own."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([title for column in self.columns for title in _titles(column)])
        for row in self.rows:
            writer.writerow(
                [each for value, column in zip(row, self.columns, strict=True) for each in _values(value, column.kind)]
            )
        return out.getvalue()


def _cell(value: Value, kind: str) -> Cell:
    if isinstance(value, Estimate):
        form = FIGURES.get(kind, plain)
        if value.value is None:
            return Cell("–", value.reason)
        return Cell(form(value.value), interval(value.ci95, form) or because(value))
    if value is None:
        return Cell("–", is_number=kind != "text")
    forms: dict[str, Callable[[Any], str]] = {
        "text": str,
        "words": str,
        "count": large,
        "number": lambda number: f"{number:g}",
        **FIGURES,
    }
    return Cell(forms[kind](value), is_number=kind != "text")


def _titles(column: Column) -> Sequence[str]:
    if column.kind not in FIGURES:
        return [column.title]
    return [column.title, *(f"{column.title}, {part}" for part in ("low", "high", "n", "reason"))]


def _values(value: Value, kind: str) -> Iterator[Value]:
    if kind not in FIGURES:
        yield inert_text(value) if isinstance(value, str) else value
    elif isinstance(value, Estimate):
        yield from (value.value, *(value.ci95 or (None, None)), value.n, value.reason)
    else:
        yield from (value, None, None, None, None)
