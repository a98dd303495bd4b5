"""How the counts of items grew, told at some moments with about as many judgments between."""

from datetime import datetime

from django.db import connection

from annotation.figures.rows.asked import Asked
from annotation.figures.rows.kept import Grouping, Row, kept_key, kept_rows
from annotation.figures.rows.kinds import Grown
from annotation.figures.rows.singles import one_in, some_judgments
from annotation.figures.rows.tallied import unit_of
from common.cached import cached

MOMENTS = 40
KEPT_SECONDS = 3600
_MOMENTS = "SELECT percentile_disc(%s::float8[]) WITHIN GROUP (ORDER BY created_at) FROM ({judgments}) j"
_COUNT = "SELECT true AS judged, count(*) AS n FROM ({judgments}) j GROUP BY 1"
_GROWN = """
    SELECT created_at, plausibility, sum(unit) OVER (PARTITION BY item_id ORDER BY created_at, id)::bigint AS tally
    FROM ({judgments}) j
"""
_BY_STEP = """
    SELECT width_bucket(created_at, %s::timestamptz[]) AS step, plausibility, tally, count(*) AS n
    FROM ({grown}) j GROUP BY 1, 2, 3
"""
# Of the judgments that came since, see `kept`, those of the chosen items.
_CAME = "SELECT f.* FROM fresh f JOIN ({items}) i ON i.id = f.item_id WHERE hashint8(f.item_id) & %s = 0"


def moments(asked: Asked) -> list[datetime]:
    return asked.once("moments", lambda: _moments(asked))


def _moments(asked: Asked) -> list[datetime]:
    """Of very many judgments a part is enough to say when about as many had come; they are counted whole."""
    part = one_in(asked)
    inner, values = some_judgments(asked, part).values("created_at").query.sql_with_params()
    if part == 1:
        return _read(inner, values, [k / MOMENTS for k in range(1, MOMENTS)])
    n, kept = _n_in_part(asked, part)
    # One judgment more moves none of them: they come after every so many, a power of two.
    step = 1 << max(0, (2 * n // MOMENTS).bit_length() - 1)
    places = range(step, n - step // 2 + 1, step)
    shares = [(place - 0.5) / n for place in places]
    if not kept:
        return _read(inner, values, shares)
    key = f"moments-{kept}-{step}-{len(places)}"
    return cached(key, lambda: _read(inner, values, shares), KEPT_SECONDS)


def _n_in_part(asked: Asked, part: int) -> tuple[int, str]:
    """How many judgments, and what tells them from others, where they are kept."""
    if now := asked.so_far:
        what = ("n in part", asked.selection, part)
        found = kept_rows(asked.study, what, lambda: _count(asked, part), now)
        return sum(n for (n,) in found.rows.values()), f"{kept_key(asked.study, what)}-{found.n_recounted}"
    return some_judgments(asked, part).count(), ""


def _count(asked: Asked, part: int) -> Grouping:
    inner, values = some_judgments(asked, part).values("pk").query.sql_with_params()
    fresh, of_fresh = came(asked, part)
    return Grouping(1, _COUNT.format(judgments=inner), _COUNT.format(judgments=fresh), values, of_fresh)


def _read(judgments: str, values: Row, shares: list[float]) -> list[datetime]:
    with connection.cursor() as cursor:
        cursor.execute(_MOMENTS.format(judgments=judgments), [shares, *values])
        (found,) = cursor.fetchone()
    return sorted(set(found or []))


def came(asked: Asked, part: int = 1) -> tuple[str, Row]:
    """SQL for the chosen judgments that came since; see `kept`."""
    items, values = asked.selection.items(asked.study).values("id").query.sql_with_params()
    return _CAME.format(items=items), (*values, part - 1)


def grown(asked: Asked) -> list[Grown]:
    """A judgment knows its item's tally as it was with it; where only some judgments are chosen, it is summed here."""
    question, cuts = asked.study.questions[0], moments(asked)
    if now := asked.so_far:
        kept = kept_rows(asked.study, ("grown", asked.selection, cuts), lambda: _grouping(asked, cuts), now)
        rows = [key + counts for key, counts in kept.rows.items()]
    else:
        rows = sorted(_counted(*_by_step(asked, cuts)))
    return [Grown(step, tally, question.unit(answer), n) for step, answer, tally, n in rows]


def _grouping(asked: Asked, cuts: list[datetime]) -> Grouping:
    (whole, values), (fresh, of_fresh) = _by_step(asked, cuts), came(asked)
    return Grouping(3, whole, _BY_STEP.format(grown=fresh), values, (cuts, *of_fresh))


def _by_step(asked: Asked, cuts: list[datetime]) -> tuple[str, Row]:
    chosen = asked.selection.chooses_judgments
    judgments = asked.selection.judgments(asked.study).order_by()
    columns = ("unit", "item_id", "id") if chosen else ("tally",)
    read = judgments.annotate(unit=unit_of(asked.study.questions[0])) if chosen else judgments
    inner, values = read.values("created_at", "plausibility", *columns).query.sql_with_params()
    return _BY_STEP.format(grown=_GROWN.format(judgments=inner) if chosen else inner), (cuts, *values)


def _counted(sql: str, values: Row) -> list[Row]:
    with connection.cursor() as cursor:
        # The planner expects as many groups as moments of judgments, and would sort all of these.
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(sql, values)
        rows: list[Row] = cursor.fetchall()
        cursor.execute("SET LOCAL enable_sort = on")
    return rows
