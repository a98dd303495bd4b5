"""What a file from the browser may hold besides a catalog: how each kind is known, looked at and brought in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.utils.module_loading import import_string

from distillation.catalog.readers.records import AS_NAMED, Names
from distillation.models import UploadImport

LINES = 10_000  # that are looked at before an import
Say = Callable[[str], None]


@dataclass(frozen=True)
class Seen:
    """How a file begins: its first bytes, and of the first records what their fields are called."""

    begins: bytes
    fields: list[frozenset[str]]

    def has(self, *names: str) -> bool:
        return any(set(names) <= {name.strip().lower() for name in each} for each in self.fields)


@dataclass(frozen=True)
class Asked:
    """What is to become of a file, as the form says; `about` is the name of what it becomes or fills."""

    path: Path
    about: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    columns: Names = field(default_factory=lambda: AS_NAMED)


@dataclass(frozen=True)
class Looked:
    """What would come of it; the groups are those of the account, each adding up."""

    headings: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]
    groups: list[dict]
    notes: list[str] = field(default_factory=list)


class KindForm(forms.Form):
    """Those of each kind name the field that is its `about`; all others are options."""

    about_field = ""

    @property
    def about(self) -> str:
        return str(self.cleaned_data.get(self.about_field) or "")

    @property
    def options(self) -> dict[str, Any]:
        return {name: self.cleaned_data.get(name) for name in self.fields if name != self.about_field}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`look` and `bring` raise CatalogError. `groups` reads an account, as `bring` returns it, for its page."""

    part: str
    fits: Callable[[Seen], bool]
    form: type[KindForm]
    look: Callable[[Asked], Looked]
    bring: Callable[[Asked, Say], dict]
    groups: Callable[[dict], list[dict]]
    columns: tuple[str, ...] = ()  # what a column may be read as; empty where they are fixed
    is_whole: bool = True  # written in one transaction; else it goes on where it was
    leads_to: Callable[[UploadImport], str] = lambda row: ""  # where what came of it is


@cache
def kinds() -> dict[str, Kind]:
    """By the part, in the order in which they are tried."""
    return {kind.part: kind for kind in map(import_string, settings.UPLOAD_KINDS)}
