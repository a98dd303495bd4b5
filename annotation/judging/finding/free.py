"""The search for an item that somebody may judge, in the study's order.

Before a participant's cursor nothing can be had by them, but for what came back since: such items are flagged, and an
index of their own holds them. So nobody's search passes what they have done already, however much it is.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache

from django.db import connection
from django.utils import timezone

from annotation.judging.leases import sides_drawn
from annotation.judging.shown import ITEM, OF_ITEM, beside
from annotation.models import Kind, Lease, Participant, Study
from common.reading import columns_sql, row_beside

Place = tuple[int, int, int]  # block, taken, order_key
UNSET: Place = (-1, -1, -1)
END: Place = (2**31 - 1, 2**15 - 1, 2**31 - 1)
# Others may hold a few of the first items in this very moment; more of them at once are seldom.
FEW, MANY = 6, 1_000

_THEIRS = """
    NOT EXISTS (SELECT FROM annotation_judgment j WHERE j.item_id = i.id AND j.participant_id = %(participant)s
                AND NOT (j.kind = 'unseen' AND NOT j.audit_asked))
    AND NOT EXISTS (SELECT FROM annotation_skip s WHERE s.item_id = i.id AND s.participant_id = %(participant)s
                    AND s.offered_at IS NULL)
    AND (NOT i.is_assigned OR EXISTS (
        SELECT FROM annotation_assignment g WHERE g.item_id = i.id AND (g.person_id = %(annotator)s OR g.group_id IN (
            SELECT group_id FROM accounts_user_groups WHERE user_id = %(annotator)s))))
"""
# An intention whose verdict somebody has seen in another study is not blind to them in this one.
_NOT_REVEALED = """
    AND NOT EXISTS (
        SELECT FROM annotation_judgment j JOIN annotation_item o ON o.id = j.item_id
        JOIN annotation_participant p ON p.id = j.participant_id
        WHERE o.intention_id = {of_item} AND p.annotator_id = %(annotator)s AND j.audit_asked)
"""
_SAMPLED = "i.study_id = %(study)s AND i.gold IS NULL"


@dataclass(frozen=True, slots=True)
class _Order:
    by: str
    onward: str  # from the cursor on, and with it
    passed: str
    start: Place
    end: Place | None  # where a cursor stays that has found nothing; None: where it is


def _order(direction: str, onward: str, passed: str, start: Place, end: Place | None) -> _Order:
    columns = ("block_no", "taken", "order_key")
    cursor = "((%(after)s::int[])[1], (%(after)s::int[])[2], (%(after)s::int[])[3])"
    at = f"(i.block_no, i.taken, i.order_key) {{}} {cursor}"
    by = ", ".join(f"{name} {direction}".strip() for name in columns)
    return _Order(by, at.format(onward), at.format(passed), start, end)


# Breadth and blocks: up the index; only in blocks is there more than one. Depth: down, so that begun items are
# completed first. What others begin goes before everybody's cursor there, so only a search from the start finds all.
_UP = _order("", ">=", "<", UNSET, END)
_ORDERS = {
    Study.Order.BLOCKS: _UP,
    Study.Order.BREADTH: _UP,
    Study.Order.DEPTH: _order("DESC", "<=", ">", (0, 2**15 - 1, -1), None),
}


def _found(theirs: str, order: _Order, n: int) -> str:
    """The first items that can be had: from the cursor on, and of those before it that came back. `n` is in the text: a
    prepared statement that does not know it is planned for a tenth of all."""
    columns, free = "i.id, i.block_no, i.taken, i.order_key", f"{_SAMPLED} AND i.taken < i.overlap AND {theirs}"
    return f"""
        ahead AS MATERIALIZED (
            SELECT {columns} FROM annotation_item i
            WHERE {free} AND {order.onward} ORDER BY {_of_item(order)} LIMIT {n}
        ), back AS MATERIALIZED (
            SELECT {columns} FROM annotation_item i
            WHERE {free} AND i.came_back AND {order.passed} ORDER BY {_of_item(order)} LIMIT {n}
        ), found AS (SELECT * FROM back UNION ALL SELECT * FROM ahead)
    """  # noqa: S608 - rules of our own


def _of_item(order: _Order) -> str:
    return ", ".join(f"i.{each}" for each in order.by.split(", "))


@cache
def take_sql(theirs: str, order: _Order, n: int) -> str:
    """One statement chooses, reserves and leases an item, moves the cursor to the first that can be had, whether
    somebody holds its row in this moment or not, and reads what is shown of the item."""
    sql = f"""
        WITH {_found(theirs, order, n)}, chosen AS (
            SELECT i.id FROM found f JOIN annotation_item i ON i.id = f.id
            WHERE i.taken < i.overlap AND NOT EXISTS (
                SELECT FROM annotation_judgment j
                WHERE j.participant_id = %(participant)s AND j.filter_right IS NULL AND j.audit_asked)
            ORDER BY {", ".join(f"f.{each}" for each in order.by.split(", "))} LIMIT 1 FOR UPDATE OF i SKIP LOCKED
        ), reserved AS (
            UPDATE annotation_item i SET taken = i.taken + 1 FROM chosen
            WHERE i.id = chosen.id AND %(kind)s = 'item'
        ), stands AS (
            SELECT coalesce(f.block_no, (%(end)s::int[])[1]) AS block, coalesce(f.taken, (%(end)s::int[])[2]) AS taken,
                   coalesce(f.order_key, (%(end)s::int[])[3]) AS key
            FROM (SELECT) one LEFT JOIN (SELECT * FROM ahead ORDER BY {order.by} LIMIT 1) f ON true
        ), remembered AS (
            UPDATE annotation_participant p
            SET cursor_block = stands.block, cursor_taken = stands.taken, cursor_key = stands.key
            FROM stands WHERE p.id = %(participant)s
            AND (p.cursor_block, p.cursor_taken, p.cursor_key) <> (stands.block, stands.taken, stands.key)
        ), leased AS (
            INSERT INTO annotation_lease (participant_id, item_id, kind, a_on_left, first_left, expires_at)
            SELECT %(participant)s, id, %(kind)s, %(a_on_left)s, %(first_left)s::boolean,
                   now() + make_interval(mins => %(minutes)s)
            FROM chosen
            RETURNING *
        )
        SELECT {columns_sql(Lease, "leased")}, shown.* FROM leased, {beside(OF_ITEM, ITEM, "leased.item_id")}
    """  # noqa: S608 - one of the orders above
    return " ".join(sql.split())  # how to bind what is longer than 4,096 characters psycopg looks up anew each time


# In the order that is proposed, of who has judged in no other study.
TAKE_SQL = tuple(take_sql(_THEIRS, _UP, n) for n in (FEW, MANY))


def lease_take(participant: Participant) -> Lease | None:
    """The first item that can be had and that nobody holds in this moment."""
    if taken := _take(participant, FEW) or _take(participant, MANY):
        return taken
    return _take(participant, MANY, anew=True) if _is_search_open(participant) else None


def _take(participant: Participant, n: int, *, anew: bool = False) -> Lease | None:
    study, order = participant.study, _order_of(participant)
    values = _values(participant, anew=anew)
    taken = row_beside(
        Lease,
        take_sql(_theirs(participant), order, n),
        {
            **values,
            "kind": kind_of(participant).value,
            "end": list(order.end) if order.end else values["after"],
            **asdict(sides_drawn(study)),
            "minutes": study.lease_minutes,
        },
    )
    if taken is None:
        return None
    lease, shown = taken
    lease.shown = shown
    return lease


def items_free(participant: Participant, n: int) -> list[int]:
    """The first that can be had; reserves nothing."""
    order = _order_of(participant)
    sql = f"WITH {_found(_theirs(participant), order, n)} SELECT id FROM found ORDER BY {order.by} LIMIT {n}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, _values(participant))
        return [item for (item,) in cursor.fetchall()]


def owed_until(participant: Participant) -> datetime | None:
    """When to look again for what is free or held by others; None where all that they may judge is judged.

    One statement: between two of them an item could go from the one to the other.
    """
    sql = f"""
        WITH {_found(_theirs(participant), _order_of(participant), 1)}
        SELECT EXISTS (SELECT FROM found), (
            SELECT min(l.expires_at) FROM annotation_lease l JOIN annotation_item i ON i.id = l.item_id
            WHERE {_SAMPLED} AND i.n_judged < i.overlap AND {_theirs(participant)})
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, _values(participant, anew=_is_search_open(participant)))
        is_free, ends = cursor.fetchone()
    # What is free and was not found is held by somebody's transaction for this moment only.
    soon = timezone.now() + timedelta(seconds=2)
    return max(soon, ends or soon) if is_free or ends else None


def kind_of(participant: Participant) -> Kind:
    """Who has seen verdicts takes no place of the quota: others judge the item as often as it wants."""
    return Kind.SEEN if participant.had_seen else Kind.ITEM


def _is_search_open(participant: Participant) -> bool:
    """Whether something may lie before the cursor that did not come back: what others have begun, in depth; and items
    that are assigned to a group which they have joined since."""
    if participant.study.order == Study.Order.DEPTH:
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (SELECT FROM annotation_assignment g JOIN annotation_item i ON i.id = g.item_id
                           WHERE i.study_id = %(study)s AND g.group_id IN (
                               SELECT group_id FROM accounts_user_groups WHERE user_id = %(annotator)s))
            """,
            {"study": participant.study_id, "annotator": participant.annotator_id},
        )
        return cursor.fetchone()[0]


def _order_of(participant: Participant) -> _Order:
    return _ORDERS[Study.Order(participant.study.order)]


def _theirs(participant: Participant) -> str:
    if not participant.judged_elsewhere:
        return _THEIRS
    of_other = _NOT_REVEALED.format(of_item="i.other_id") if participant.study.is_preference else ""
    return _THEIRS + _NOT_REVEALED.format(of_item="i.intention_id") + of_other


def _values(participant: Participant, *, anew: bool = False) -> dict:
    at = (participant.cursor_block, participant.cursor_taken, participant.cursor_key)
    return {
        "study": participant.study_id,
        "participant": participant.pk,
        "annotator": participant.annotator_id,
        "after": list(_order_of(participant).start if anew or at == UNSET else at),
    }
