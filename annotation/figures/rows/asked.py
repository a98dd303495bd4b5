"""What is asked of a study's figures, and so the key that they are kept under."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.db import connection, transaction

from annotation.figures.patterns import By
from annotation.models import Study
from annotation.selection import EVERYTHING, Selection
from common.cached import cached

KEPT_SECONDS = 120  # a figure is asked for again only while its revision lasts
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Asked:
    """Without a revision nothing is kept."""

    study: Study
    selection: Selection = EVERYTHING
    revision: str = ""
    by: By = "relation"
    at: float | None = None  # a threshold
    wanted: float | None = None  # a precision

    def once(self, what: str, make: Callable[[], Made]) -> Made:
        """Shared among panels, pages and people, for as long as nobody judges."""
        if not self.revision:
            return _planned_anew(make)
        key = hashlib.sha256(repr((self.study.pk, self.selection, self.revision, what)).encode()).hexdigest()
        return cached(f"figures-{key}", lambda: _planned_anew(make), KEPT_SECONDS)


def _planned_anew(make: Callable[[], Made]) -> Made:
    """With plans for this study: one for all studies, as for other prepared statements, knows not how large it is."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        return make()
