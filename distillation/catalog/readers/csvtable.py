"""The rows of a CSV file, each with its place; what cannot be read is refused by its place."""

import csv
from collections.abc import Iterator
from pathlib import Path

from distillation.catalog.readers.lines import MAX_LINE, Lines, refuse_old_mac
from distillation.catalog.readers.records import AS_NAMED, START, CatalogError, Names, Position


def refusal(path: Path, line: int, message: str) -> CatalogError:
    return CatalogError(f"{path.name}, line {line}: {message}")


class Table:
    def __init__(self, path: Path, start: Position = START) -> None:
        self.path = path
        self.end = start  # of the row given last

    def header(self, names: Names = AS_NAMED) -> list[str]:
        """What the first line calls the columns, or what they are to be called; of an empty file none."""
        _, cells = next(self.rows(), (0, []))
        return [names.get(name, name) for name in (cell.strip().lower() for cell in cells)]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """With the number of the line that each begins on: a quoted cell may run over several lines."""
        reader = csv.reader(self._lines(), strict=True)
        while True:
            begins = self.end.line + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise refusal(
                    self.path, begins, f"not readable as CSV ({error}); look for a quotation mark left open"
                ) from error
            yield begins, cells

    def _lines(self) -> Iterator[str]:
        for block in Lines(self.path, self.end):
            for raw in block:
                number, offset = self.end
                self.end = Position(number + 1, offset + len(raw) + 1)
                yield self._decoded(number + 1, raw)

    def _decoded(self, number: int, raw: bytes) -> str:
        if number == 1:
            refuse_old_mac(self.path, raw)
        if len(raw) > MAX_LINE:
            raise refusal(self.path, number, f"more than {MAX_LINE:,} bytes; give a CSV file with a row a line")
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            at = f"byte {error.start + 1} of the line is 0x{raw[error.start]:02x}"
            raise refusal(self.path, number, f"not UTF-8 ({at}); save the file as UTF-8") from error
        if "\0" in text:
            raise refusal(self.path, number, "a NUL byte; save the file as plain UTF-8 text")
        return text + "\n"
