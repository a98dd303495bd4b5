"""The columns of a table, each with what it is read as: by its name, or by hand where that does not tell."""

from collections.abc import Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

from django import forms

from distillation.catalog.readers.csvtable import Table
from distillation.catalog.readers.lines import Lines
from distillation.catalog.readers.records import CatalogError, Names

SHOWN = 5  # rows
MOST_COLUMNS = 60  # a table of more is shown no further
LONGEST = 120  # signs of a cell


def columns_form(path: Path, read: Mapping[str, str], data: Mapping[str, Any], prefix: str) -> "ColumnsForm | None":
    """None where the file is no table, or its columns are fixed."""
    first = next(chain.from_iterable(Lines(path)), b"")
    if not read or first.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[", b"<", b""):
        return None
    try:
        return ColumnsForm(path, read, data, prefix)
    except CatalogError:
        return None  # the reader says what is wrong with it


class ColumnsForm(forms.Form):
    """Raises CatalogError where the file is no table. Unbound, each column is read by its name."""

    def __init__(self, path: Path, read: Mapping[str, str], data: Mapping[str, Any], prefix: str) -> None:
        """`read`: what a column may be read as, and the words for that."""
        chosen = any(name.startswith(f"{prefix}-") for name in data)
        super().__init__(data if chosen else None, prefix=prefix, use_required_attribute=False)
        rows = Table(path).rows()
        _, header = next(rows, (0, []))
        self.header = [cell.strip() for cell in header[:MOST_COLUMNS]]
        self.rows = [[cell[:LONGEST] for cell in cells[:MOST_COLUMNS]] for _, cells in islice(rows, SHOWN)]
        for number, name in enumerate(self.header):
            self.fields[str(number)] = forms.ChoiceField(
                choices=[("", "not used"), *read.items()],
                initial=name.lower() if name.lower() in read else "",
                required=False,
                label=name or f"column {number + 1}",
            )
        self.full_clean()

    def __iter__(self):
        """Only the columns that the file has."""
        return (self[str(number)] for number in range(len(self.header)))

    @property
    def names(self) -> Names:
        """Only of columns that are to be read otherwise than they are called."""
        if not self.is_bound:
            return {}
        chosen = {name.lower(): self.cleaned_data.get(str(number), "") for number, name in enumerate(self.header)}
        return {name: said for name, said in chosen.items() if said != self._by_name(name)}

    @property
    def kept(self) -> dict[str, str]:
        """What was chosen, for the next form."""
        return {field.html_name: field.value() or "" for field in self} if self.is_bound else {}

    def read_as(self, field: str) -> int | None:
        """The place of the column that is read as this."""
        return next((n for n in range(len(self.header)) if (self[str(n)].value() or "") == field), None)

    def _by_name(self, name: str) -> str:
        field = next(self.fields[str(n)] for n, each in enumerate(self.header) if each.lower() == name)
        return field.initial
