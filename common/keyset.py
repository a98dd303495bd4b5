"""Pages of a list by key, newest first: every page costs the same, however deep."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django import forms
from django.db.models import Model, QuerySet
from django.http import HttpRequest, QueryDict

Row = TypeVar("Row", bound=Model)

PAGE = 25
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Keyset:
    """Which page: the rows that follow the row `after`, or that precede the row `before`. The newest come first."""

    after: int | None = None
    before: int | None = None

    def cut(self, rows: QuerySet[Row], key: str = "pk") -> QuerySet[Row]:
        """The rows from there on, nearest first."""
        if self.before is not None:
            return rows.filter(**{f"{key}__gt": self.before}).order_by(key)
        if self.after is not None:
            rows = rows.filter(**{f"{key}__lt": self.after})
        return rows.order_by(f"-{key}")

    @property
    def nearest(self) -> str:
        """The same of a column `id`, as SQL."""
        if self.before is not None:
            return f"WHERE id > {self.before} ORDER BY id LIMIT {PAGE + 1}"
        return f"{f'WHERE id < {self.after} ' if self.after is not None else ''}ORDER BY id DESC LIMIT {PAGE + 1}"

    def pick(self, keys: list[int]) -> list[int]:
        """The same, of keys that are all here."""
        if self.before is not None:
            return sorted(key for key in keys if key > self.before)[: PAGE + 1]
        return sorted((key for key in keys if self.after is None or key < self.after), reverse=True)[: PAGE + 1]


@dataclass(frozen=True)
class Page:
    keys: list[int]
    previous: int | None = None
    next: int | None = None

    @classmethod
    def at(cls, keyset: Keyset, fetch: Callable[[Keyset], list[int]]) -> "Page":
        """`fetch` gives up to PAGE + 1 keys, nearest first; the one too many tells that there is a further page."""
        found = fetch(keyset)
        keys, more = found[:PAGE], len(found) > PAGE
        if keyset.before is None:
            return cls(keys, keys[0] if keys and keyset.after else None, keys[-1] if more else None)
        if not more:
            return cls.at(Keyset(), fetch)
        return cls(keys[::-1], keys[-1], keys[0])


class KeysetForm(forms.Form):
    after = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    before = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)

    @property
    def keyset(self) -> Keyset:
        return Keyset(self.cleaned_data["after"], self.cleaned_data["before"])

    @property
    def problem(self) -> str:
        """One line about the first parameter that can't be read."""
        name = next(iter(self.errors))
        return f'{name} = "{self.data[name][:40]}" can\'t be read: {self.errors[name][0]}'


def key_in(request: HttpRequest, name: str) -> int | None:
    """A primary key out of the query; None where there is none or what is there can't be one."""
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


def keys_in(posted: QueryDict, name: str) -> list[int]:
    """Primary keys out of a form; what can't be one is passed over."""
    return [int(key) for key in posted.getlist(name) if key.isdecimal() and int(key) <= LARGEST_ID]
