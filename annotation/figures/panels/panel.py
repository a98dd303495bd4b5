"""What all panels of a study's dashboard share: each shows a plot, the table behind it and how it is computed."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from django.core.cache import cache
from django.db import connection, transaction

from annotation.figures.panels.tables import Table
from annotation.figures.patterns import By
from annotation.figures.plots import Bar, Bubbles, Chart, Dots
from annotation.models import Study
from annotation.selection import Selection

KEPT_SECONDS = 120  # a figure is asked for again only while its revision lasts
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a panel's content follows from, and so the key it is kept under."""

    study: Study
    selection: Selection
    revision: str
    by: By = "relation"
    at: float | None = None  # a threshold
    wanted: float | None = None  # a precision

    def once(self, what: str, make: Callable[[], Made]) -> Made:
        """Shared among panels, pages and people, for as long as nobody judges."""
        key = hashlib.sha256(repr((self.study.pk, self.selection, self.revision, what)).encode()).hexdigest()
        return cache.get_or_set(f"figures-{key}", lambda: _planned_anew(make), KEPT_SECONDS)


def _planned_anew(make: Callable[[], Made]) -> Made:
    """With plans for this study: one for all studies, as for other prepared statements, knows not how large it is."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        return make()


@dataclass(frozen=True, slots=True)
class How:
    text: str
    formula: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """`empty` says why there is nothing; `links` lead to the rows behind it, as words and query of the items page."""

    short: str = ""
    plot: Dots | Chart | Bubbles | Bar | None = None
    table: Table | None = None
    empty: str = ""
    links: tuple[tuple[str, str], ...] = ()
    more: dict = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Panel:
    name: str
    title: str
    how: How
    show: Callable[[Asked], Shown]
    template: str = "studies/panels/plain.html"
    is_wide: bool = False
    has_switch: bool = False  # by relation, category or run

    def shown(self, asked: Asked) -> Shown:
        return asked.once(f"{self.name} {asked.by} {asked.at} {asked.wanted}", lambda: self.show(asked))
