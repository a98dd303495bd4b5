"""Agreement in a long CSV, one label a row: read in one pass, bad input named by its line."""

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from io import BufferedIOBase, BufferedReader
from itertools import chain
from operator import itemgetter
from typing import Literal, NamedTuple

from stats.agreement.coefficients import Leaves, agreement_report
from stats.agreement.tallies import LabelTallies, NoTally, group_patterns, tallies_from_stream
from stats.estimate import undefined

Level = Literal["nominal", "ordinal", "interval"]
LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval")
NO_DISTANCES = "the categories have an order, but no distances"

BLOCK, LONGEST_LINE = 1 << 16, 1 << 20
LARGEST = 1e100  # its square is a number still
SHOWN = 60  # letters of what was found
BOM, GZIP = b"\xef\xbb\xbf", b"\x1f\x8b"


class Unreadable(Exception):
    """One line: where, what was found, what to do."""


class Columns(NamedTuple):
    item: str = "item"
    annotator: str = "annotator"
    label: str = "label"


def tallies_read(file: BufferedReader, level: Level, columns: Columns) -> LabelTallies:
    """Tally a CSV in UTF-8, packed by gzip or not; other columns are ignored, an empty label is no judgment."""
    reader = csv.reader(map(bytes.decode, chain.from_iterable(_lines(_unpacked(file)))), strict=True)
    try:
        places = _places(next(filter(None, reader), []), columns)
        rows = map(itemgetter(*places), filter(None, reader))
        tallies = tallies_from_stream(rows, _text if level == "nominal" else _number)
    except UnicodeDecodeError as error:
        found = f"the byte 0x{error.object[error.start]:02x} is not UTF-8; save the file as CSV in UTF-8"
        raise Unreadable(f"line {reader.line_num + 1}: {found}") from error
    except IndexError as error:
        raise Unreadable(f"line {reader.line_num} has fewer columns than the header; complete it") from error
    except csv.Error as error:
        raise Unreadable(f"line {reader.line_num} is not CSV ({error}); is a quote left open?") from error
    except ValueError as error:
        raise Unreadable(f"line {reader.line_num}: {error}") from error
    except NoTally as error:
        raise Unreadable(str(error)) from error
    except (EOFError, zlib.error) as error:
        raise Unreadable(f"the packed file is damaged ({error}); pack it again") from error
    if not tallies.counts.any():
        raise Unreadable(f"there is no label in the column {columns.label}; name the column with --label")
    return tallies


def agreement_at(tallies: LabelTallies, level: Level) -> Leaves:
    """All coefficients as JSON; those that read more into the labels than `level` allows are undefined.

    Ordinal labels have no distances: for the linear and quadratic weights of AC2 they count as equally spaced.
    """
    spacing: dict[Level, Sequence[float] | None] = {
        "nominal": None,
        "ordinal": range(len(tallies.categories)),
        "interval": tallies.categories,
    }
    report = agreement_report(*group_patterns(tallies.counts), values=spacing[level])
    if level == "ordinal":
        report["krippendorff_alpha"]["interval"] = undefined(NO_DISTANCES, report["pairable_items"]).as_dict()
    shares = list(zip(tallies.categories, report["prevalence"], strict=True))
    if level == "nominal":
        shares = sorted(shares, key=lambda share: _natural(share[0]))
    return {
        "items": report["items"],
        "annotators": tallies.annotators,
        **report,
        "prevalence": {_name(category): share for category, share in shares},
        "repeated_labels": tallies.repeated,
    }


def _unpacked(file: BufferedReader) -> BufferedIOBase:
    return gzip.GzipFile(fileobj=file) if file.peek(len(GZIP)).startswith(GZIP) else file


def _lines(file: BufferedIOBase) -> Iterator[list[bytes]]:
    """Lines in blocks; neither an endless line nor a binary file gets to fill the memory."""
    rest = file.read(len(BOM)).removeprefix(BOM)
    while block := file.read(BLOCK):
        if b"\0" in block:
            raise Unreadable("there is a NUL byte, as in UTF-16 or in no text at all; save the file as CSV in UTF-8")
        *lines, rest = (rest + block).splitlines(keepends=True)
        if len(rest) > LONGEST_LINE:
            raise Unreadable(f"there is a line of more than {LONGEST_LINE:,} bytes; give a CSV, one label a line")
        yield lines
    yield rest.splitlines(keepends=True)


def _places(header: Sequence[str], columns: Columns) -> list[int]:
    names = [name.strip() for name in header]
    if not names:
        raise Unreadable(f"it is empty; the first line must name the columns {', '.join(columns)}")
    for option, name in columns._asdict().items():
        if names.count(name) != 1:
            found = f"the column {name} is {'there twice' if name in names else 'missing'}"
            raise Unreadable(f"{found} among {_shown(', '.join(names))}; name another one with --{option}")
    return [names.index(name) for name in columns]


def _text(label: str) -> str | None:
    return label.strip() or None


def _number(label: str) -> float | None:
    if not label.strip():
        return None
    try:
        number = float(label)
    except ValueError:
        raise ValueError(f"{_shown(label)} is not a number; give numbers, or choose --level nominal") from None
    if not abs(number) <= LARGEST:
        raise ValueError(f"{_shown(label)} is not a number up to {LARGEST:g}; correct it, or leave the label empty")
    return number


def _natural(category: str) -> tuple[bool, float, str]:
    """Numbers first and by size, 2 before 10."""
    try:
        return False, _number(category) or 0, category
    except ValueError:
        return True, 0, category


def _name(category: str | float) -> str:
    return category if isinstance(category, str) else repr(category).removesuffix(".0")


def _shown(found: str) -> str:
    return found if len(found) <= SHOWN else f"{found[:SHOWN]} …"
