"""What is asked of a study's figures; computed figures are cached under it."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from django.db import connection, transaction

from annotation.figures.patterns import By
from annotation.figures.rows.kept import KEPT_FROM
from annotation.figures.rows.together import Together, together
from annotation.models import Study
from annotation.selection import ADJUDICATED, EVERYTHING, Selection
from common.cached import cached

KEPT_SECONDS = 120  # a figure is asked for again only while its revision lasts
PART_SECONDS = 900
BITS_TOLD = 7  # of the number of judgments: one more in the last of them is 0.8 to 1.6 %
# In the four megabytes that PostgreSQL gives, a million rows are sorted on disk, and an item is looked up for each.
SETTINGS = "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL work_mem = '64MB'"
_is_planned: ContextVar[bool] = ContextVar("_is_planned", default=False)
Made = TypeVar("Made")
Bound = Literal["point", "lower"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Without a revision nothing is cached."""

    study: Study
    selection: Selection = EVERYTHING
    revision: str = ""
    by: By = "relation"
    at: float | None = None  # a threshold
    wanted: float | None = None  # a precision
    on_page: bool = False  # somebody waits: what is slow is taken as a worker last made it
    bound: Bound = "point"  # what is to reach it: the precision itself, or its lower bound

    @property
    def keeps(self) -> bool:
        """Whether rows alike are kept from view to view and brought up to date: of all judgments of a large study."""
        chosen = self.selection
        alone = chosen.chooses_judgments or chosen.truth == ADJUDICATED
        return self.on_page and bool(self.revision) and not alone and is_large(self.study)

    @property
    def so_far(self) -> Together | None:
        """Up to where kept rows are to be brought; None where none are kept."""
        return self.together if self.keeps else None

    @property
    def together(self) -> Together:
        """Read once for each revision, whatever is chosen."""
        if not self.revision:
            return together(self.study)
        key = f"together-{self.study.pk}-{self.revision}"
        return cached(key, lambda: together(self.study), KEPT_SECONDS)

    def of_items(self) -> "Asked":
        """Without the choices of people and days: who judged the chosen items, and when, does not matter here."""
        chosen = self.selection
        return replace(self, selection=Selection(chosen.relation, chosen.category, chosen.run))

    @property
    def seldom(self) -> bool:
        """Whether figures are worked out now and then only: of chosen judgments of a large study all must be read."""
        return self.on_page and self.selection.chooses_judgments and is_large(self.study)

    def once(self, what: str, make: Callable[[], Made]) -> Made:
        """Compute once and share among panels, pages and people, until somebody judges."""
        if not self.revision:
            return _planned_anew(make)
        return self._once(what, make, self._by_then() if self.seldom else self.revision, KEPT_SECONDS)

    def once_in_a_while(self, what: str, make: Callable[[], Made]) -> Made:
        """The same for what reads a part of very many judgments one by one: until a hundredth more or so have come, a
        quarter of an hour is over, or something is counted anew."""
        if not self.keeps:
            return self.once(what, make)
        return self._once(what, make, self._by_then(), PART_SECONDS)

    def _once(self, what: str, make: Callable[[], Made], revision: str, seconds: float) -> Made:
        key = hashlib.sha256(repr((self.study.pk, self.selection, self.on_page, revision, what)).encode()).hexdigest()
        return cached(f"figures-{key}", lambda: _planned_anew(make), seconds)

    def _by_then(self) -> str:
        """A revision that a hundredth more judgments move, or something that is counted anew."""
        now = self.together
        n = now.judged + now.excluded_judgments
        size = max(0, n.bit_length() - BITS_TOLD)
        design = self.revision.split("-")[1:-1]  # state and strictness; see `study_revision`
        return f"{now.n_recounted} {n >> size << size} {design}"


def is_large(study: Study) -> bool:
    """Whether its rows are kept."""
    return study.n_items >= KEPT_FROM


@contextmanager
def planned_anew() -> Iterator[None]:
    """Plan queries for this study: a prepared plan for all studies does not know how large it is."""
    if _is_planned.get():  # figures are made within figures, and what fails ends them all
        yield
        return
    token = _is_planned.set(True)
    try:
        with transaction.atomic(savepoint=False), connection.cursor() as cursor:
            cursor.execute(SETTINGS)
            yield
    finally:
        _is_planned.reset(token)


def _planned_anew(make: Callable[[], Made]) -> Made:
    with planned_anew():
        return make()
