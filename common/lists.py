"""Lists that are searched, sorted, cut to a state; what is archived stands apart."""

from collections.abc import Iterable, Sequence
from typing import Any, Self, TypeVar

from django import forms
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Now

Row = TypeVar("Row", bound=Model)
SORTS = (("", "newest first"), ("oldest", "oldest first"), ("name", "by name"))


class ArchiveQuerySet(QuerySet[Row]):
    """Of rows with the time `archived_at`: in the archive, or in the lists."""

    def archived(self, is_so: bool = True) -> Self:
        return self.filter(archived_at__isnull=not is_so)

    def archive(self, on: bool = True) -> int:
        """Into the archive, or out of it; how many were not there already."""
        return self.archived(not on).update(archived_at=Now() if on else None)


class ListForm(forms.Form):
    q = forms.CharField(required=False, max_length=200, label="Name")
    state = forms.ChoiceField(required=False)
    sort = forms.ChoiceField(required=False, choices=SORTS)
    archive = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)

    def __init__(self, asked: Any, *, states: Iterable[tuple[str, str]], named: str = "name") -> None:
        super().__init__(asked)
        self.is_archive, self.named = "archive" in asked, named
        self.fields["state"].choices = [("", "any"), *states]  # type: ignore[attr-defined]  # a choice field

    @property
    def problem(self) -> str:
        """One line about the first parameter that can't be read."""
        name = next(iter(self.errors), "")
        return f'{name} = "{self.data[name][:40]}" can\'t be read: {self.errors[name][0]}' if name else ""

    @property
    def is_cut(self) -> bool:
        return self.is_valid() and any(self.cleaned_data[name] for name in ("q", "state"))

    def chosen(self, rows: QuerySet[Row], *, among: Sequence[str] = ("name",), state: str = "state") -> QuerySet[Row]:
        """Of what is in the archive, or out of it: each word somewhere in one of the columns `among`."""
        rows = rows.filter(archived_at__isnull=not self.is_archive)
        asked = self.cleaned_data if self.is_valid() else {}
        for word in asked.get("q", "").split():
            rows = rows.filter(_somewhere(word, among))
        if asked.get("state"):
            rows = rows.filter(self.in_state(asked["state"], state))
        return rows.order_by({"oldest": "pk", "name": self.named}.get(asked.get("sort", ""), "-pk"))

    def in_state(self, state: str, column: str) -> Q:
        return Q(**{column: state})


def _somewhere(word: str, columns: Sequence[str]) -> Q:
    found = Q()
    for column in columns:
        found |= Q(**{f"{column}__icontains": word})
    return found
