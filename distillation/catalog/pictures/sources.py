"""The record of picture sources: which are wanted, which a worker has in hand, what came of them.

A claim is a `not_before` in the future, so what a killed worker had in hand comes back by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models.functions import Now
from psycopg.errors import LockNotAvailable

from distillation.models import Picture, PictureSource

CLAIM_S = 60

CLAIM = """
WITH due AS MATERIALIZED (  -- as a subquery it might be run for each row, and claim more
    SELECT id FROM distillation_picturesource WHERE state = 'wanted' AND not_before <= now()
    ORDER BY not_before LIMIT %s FOR UPDATE SKIP LOCKED
)
UPDATE distillation_picturesource source SET not_before = now() + make_interval(secs => %s)
FROM due WHERE source.id = due.id RETURNING source.id, source.url, source.tries
"""

RENEW = """
UPDATE distillation_picturesource SET not_before = now() + make_interval(secs => %s)
WHERE id = ANY(%s) AND state = 'wanted'
"""

# A row that has ended stays as it is: whoever comes later had a claim that ran out.
END = """
UPDATE distillation_picturesource source
SET state = ended.state, reason = ended.reason, picture_id = picture.id, tries = source.tries + 1,
    not_before = now() + make_interval(secs => ended.pause_s)
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::float[], %s::text[]) ended (id, state, reason, pause_s, digest)
     LEFT JOIN distillation_picture picture ON picture.digest = ended.digest
WHERE source.id = ended.id AND source.state = 'wanted'
"""

# That a new picture can't be had says nothing against the one that is there.
TELL_PRODUCTS = """
UPDATE distillation_product known SET picture_id = next.picture_id, picture_problem = next.problem
FROM (
    SELECT product.id, COALESCE(source.picture_id, product.picture_id) AS picture_id,
           CASE WHEN COALESCE(source.picture_id, product.picture_id) IS NULL THEN source.reason ELSE '' END AS problem
    FROM distillation_picturesource source JOIN distillation_product product ON product.picture_source_id = source.id
    WHERE source.state <> 'wanted' AND (%(all)s OR source.id = ANY(%(ids)s))
) next
WHERE next.id = known.id AND (known.picture_id, known.picture_problem) IS DISTINCT FROM (next.picture_id, next.problem)
"""


class Claimed(NamedTuple):
    id: int
    url: str
    tries: int


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What came of one try: a picture whose files are written, or why there is none and, if so, when to try again."""

    source: Claimed
    picture: Picture | None = None
    reason: str = ""
    pause_s: float | None = None

    @property
    def state(self) -> str:
        if self.picture:
            return PictureSource.State.STORED.value
        return (PictureSource.State.FAILED if self.pause_s is None else PictureSource.State.WANTED).value


def sources_due() -> bool:
    return PictureSource.objects.filter(state=PictureSource.State.WANTED, not_before__lte=Now()).exists()


def claim(n: int) -> list[Claimed]:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [n, CLAIM_S])
        return [Claimed(*row) for row in cursor.fetchall()]


def renew(ids: Iterable[int], seconds: float = CLAIM_S) -> None:
    """Extend the claims; with 0 seconds, give them back."""
    with connection.cursor() as cursor:
        cursor.execute(RENEW, [seconds, list(ids)])


def record(ended: Sequence[Ended]) -> bool:
    """Write what has ended and tell its products; False where an import holds these: try again a little later."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # PostgreSQL looks for deadlocks after 1 s, and might end the import to undo one.
            cursor.execute("SET LOCAL lock_timeout = '500ms'")
            cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtext('picture_source_ends'))")
            _pictures_save(ended)
            cursor.execute(END, _columns(ended))
            _products_tell(cursor, [one.source.id for one in ended])
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return False
        raise
    return True


def late_products_tell() -> None:
    """For products that came to a source after it had ended, or while it did."""
    with transaction.atomic(), connection.cursor() as cursor:
        # An end that is being recorded just now was blind to these products; waiting for it makes it seen here.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('picture_source_ends'))")
        _products_tell(cursor, None)


def _pictures_save(ended: Sequence[Ended]) -> None:
    pictures = {one.picture.digest: one.picture for one in ended if one.picture}
    # In one order: two workers that insert the same pictures in different orders would wait for each other for ever.
    Picture.objects.bulk_create([pictures[digest] for digest in sorted(pictures)], ignore_conflicts=True)


def _columns(ended: Sequence[Ended]) -> list[list]:
    rows = [
        (one.source.id, one.state, one.reason[:300], one.pause_s or 0.0, one.picture.digest if one.picture else None)
        for one in ended
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def _products_tell(cursor: CursorWrapper, source_ids: list[int] | None) -> None:
    """None: the products of all sources."""
    cursor.execute(TELL_PRODUCTS, {"all": source_ids is None, "ids": source_ids or []})
