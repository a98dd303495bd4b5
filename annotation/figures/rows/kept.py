"""Rows of a large study that are alike, kept from one view to the next: what came since is added to them.

A participant's judgments are committed in the order of their ids, for their row is locked meanwhile: what comes after
the last one seen of each is all that came. Whatever changes counts otherwise says so on the participants
(`counted_anew`), and then all is read anew.
"""

import hashlib
from bisect import insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from annotation.figures.rows.together import Together
from annotation.models import Study
from common.cached import shared
from common.counting import counting_sql

KEPT_FROM = 10_000  # items; fewer are read as quickly
KEPT_SECONDS = 900
MOST_SINCE = 20_000  # judgments and audits; more are counted anew as quickly
Row = tuple[Any, ...]

_BEFORE = "before AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) b (who, revision, last))"
# Judgments that count and came since, as `since` of a grouping reads them.
_FRESH = f"""
    fresh AS (
        SELECT j.* FROM annotation_participant p LEFT JOIN before b ON b.who = p.id
        JOIN annotation_judgment j ON j.participant_id = p.id AND j.id > coalesce(b.last, 0)
        WHERE p.study_id = %s AND p.revision IS DISTINCT FROM b.revision AND {counting_sql()}
    )
"""  # noqa: S608 - a rule of our own
# In the same statement, so in the same snapshot: up to which judgment of each participant all is counted.
_SEEN = """
    SELECT json_agg(json_build_array(p.id, p.revision, p.n_recounted,
        CASE WHEN p.revision = b.revision THEN b.last
             ELSE (SELECT coalesce(max(j.id), 0) FROM annotation_judgment j WHERE j.participant_id = p.id) END))
    FROM annotation_participant p LEFT JOIN before b ON b.who = p.id WHERE p.study_id = %s
"""
# How few judgments have come the planner can't know: it would read all items.
_BY_INDEX = "SET LOCAL enable_seqscan = {0}; SET LOCAL enable_hashjoin = {0}; SET LOCAL enable_mergejoin = {0}"
# Where there are no rows, what is counted is told all the same: else all is counted at each view.
_ROWS = (
    "SELECT g.*, CASE WHEN row_number() OVER () = 1 THEN ({seen}) END FROM (SELECT) one LEFT JOIN ({rows}) g ON true"
)


@dataclass(frozen=True, slots=True)
class Grouping:
    """SQL that counts all, and SQL that counts what the judgments `fresh` move: `keys` columns that rows have in
    common, then counts, the last of them the `latest` of its rows where that is so. SQL of our own, never a request's.
    """

    keys: int
    whole: str
    since: str
    values: Row
    since_values: Row
    latest: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """Counts by what rows have in common, in its order; `columns` are of that."""

    of: Grouping
    rows: dict[Row, Row]
    columns: list[NDArray]
    n_recounted: int
    revision: int
    seen: list[tuple[int, int, int]]  # participant, revision, last judgment


def kept_key(study: Study, what: Row) -> str:
    return f"kept-{hashlib.sha256(repr((study.pk, study.scales, what)).encode()).hexdigest()}"


def kept_rows(study: Study, what: Row, grouping: Callable[[], Grouping], now: Together) -> Kept:
    """`what` tells the grouping from others: to write its SQL takes longer than to bring its rows up to `now`."""
    key = kept_key(study, what)
    known: Kept | None = shared.get(key)
    found = _brought_up_to_date(study, known, now) or _counted(study, grouping())
    if found is not known:
        shared.set(key, found, KEPT_SECONDS)
    return found


def _brought_up_to_date(study: Study, known: Kept | None, now: Together) -> Kept | None:
    if known is None:
        return None
    if now.n_recounted != known.n_recounted or now.revision - known.revision > MOST_SINCE:
        return None
    if now.revision == known.revision:
        return known
    of = known.of
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(_BY_INDEX.format("off"))
        rows, seen = _read(f"WITH {_BEFORE}, {_FRESH} {_ROWS.format(seen=_SEEN, rows=of.since)}",
                           (*_columns(known.seen), study.pk, study.pk, *of.since_values), of)  # fmt: skip
        cursor.execute(_BY_INDEX.format("on"))
    found = _kept(of, *_moved(known, rows), seen)
    return found if found.n_recounted == known.n_recounted else None


def _counted(study: Study, of: Grouping) -> Kept:
    sql = f"WITH {_BEFORE} {_ROWS.format(seen=_SEEN, rows=of.whole)}"
    rows, seen = _read(sql, (*_columns([]), study.pk, *of.values), of)
    ordered = _in_order({row[: of.keys]: row[of.keys :] for row in rows})
    return _kept(of, ordered, columns_of(ordered, of.keys), seen)


def columns_of(rows: Iterable[Row], n: int) -> list[NDArray]:
    """Numbers, words and truths as such where none is unknown; else objects."""
    return [np.array(column) for column in zip(*rows, strict=True)] or [np.array([]) for _ in range(n)]


def _read(sql: str, values: Row, of: Grouping) -> tuple[list[Row], list[tuple[int, int, int, int]]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    return [row[:-1] for row in rows if row[of.keys] is not None], rows[0][-1] or []


def _kept(
    of: Grouping, rows: dict[Row, Row], columns: list[NDArray], seen: Iterable[tuple[int, int, int, int]]
) -> Kept:
    every = list(seen)
    return Kept(
        of,
        rows,
        columns,
        n_recounted=sum(times for *_, times, _ in every),
        revision=sum(revision for _, revision, *_ in every),
        seen=[(who, revision, last) for who, revision, _, last in every],
    )


def _columns(seen: list[tuple[int, int, int]]) -> list[list[int]]:
    return [list(column) for column in zip(*seen, strict=True)] or [[], [], []]


def _moved(known: Kept, moves: list[Row]) -> tuple[dict[Row, Row], list[NDArray]]:
    """The rows, and their columns: the same where none came and none went."""
    of, rows, new, gone = known.of, dict(known.rows), dict[Row, Row](), False
    for row in moves:
        key, counts = row[: of.keys], row[of.keys :]
        of_key = rows if key in rows else new
        of_key[key] = _sum(of_key[key], counts, of) if key in of_key else counts
        if not of_key[key][0]:
            gone |= of_key is rows
            del of_key[key]
    found = _with(rows, new)
    return found, columns_of(found, of.keys) if new or gone else known.columns


def _with(rows: dict[Row, Row], new: dict[Row, Row]) -> dict[Row, Row]:
    """Each new one in its place; to sort all of them again takes longer than all else."""
    if not new:
        return rows
    every = list(rows.items())
    for row in new.items():
        insort(every, row, key=_place)
    return dict(every)


def _sum(one: Row, other: Row, of: Grouping) -> Row:
    sums = [a + b for a, b in zip(one, other, strict=True)]
    if of.latest:
        sums[-1] = max(filter(None, (one[-1], other[-1])), default=None)
    return tuple(sums)


def _in_order(rows: dict[Row, Row]) -> dict[Row, Row]:
    return dict(sorted(rows.items(), key=_place))


def _place(row: tuple[Row, Row]) -> list[tuple[bool, Any]]:
    """What is not known comes last, as in the database."""
    return [(each is None, each) for each in row[0]]
