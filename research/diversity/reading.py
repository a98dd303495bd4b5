"""A run's intentions as arrays, in one pass; texts of some of them as they are asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection
from django.db.models import Count
from numpy.typing import NDArray

from distillation.models import Intention, Run
from distillation.pipeline.relations import RELATIONS

Ints = NDArray[np.int64]
CODES = list(RELATIONS)
PLACES = {code: place for place, code in enumerate(CODES)}
AT_ONCE = 2_000

# By the index that each run has. Page by page: a cursor that is held would be written out whole by the server.
PAGE = """
    SELECT id, cobuy_id, relation, sample, text FROM distillation_intention
    WHERE run_id = %s AND (cobuy_id, relation, sample) > (%s, %s, %s)
    ORDER BY cobuy_id, relation, sample LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """`relations` are places in CODES: (intentions,) each."""

    ids: Ints
    cobuys: Ints
    relations: Ints
    texts: list[str]


def run_batches(run: Run) -> Iterator[Batch]:
    after: tuple[int, str, int] = (0, "", 0)
    while rows := _page(run, after):
        ids, cobuys, relations, samples, texts = zip(*rows, strict=True)
        yield Batch(np.array(ids), np.array(cobuys), np.array([PLACES[code] for code in relations]), list(texts))
        after = (cobuys[-1], relations[-1], samples[-1])


def texts_of(ids: Sequence[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for i in range(0, len(ids), AT_ONCE):
        rows = Intention.objects.filter(pk__in=[int(key) for key in ids[i : i + AT_ONCE]])
        found.update(rows.values_list("pk", "text"))
    return found


def kept_by_relation(run: Run) -> Ints:
    """Kept intentions by place in CODES, counted exactly: (relations,)"""
    kept = np.zeros(len(CODES), dtype=np.int64)
    for code, n in Intention.objects.kept_of(run).values_list("relation").annotate(n=Count("pk")).order_by():
        kept[PLACES[code]] = n
    return kept


def _page(run: Run, after: tuple[int, str, int]) -> list[tuple[int, int, str, int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(PAGE, [run.pk, *after, AT_ONCE])
        return cursor.fetchall()
