"""How the counts of items grew, told at some moments with about as many judgments between."""

from datetime import datetime

from django.db import connection

from annotation.figures.rows.asked import Asked
from annotation.figures.rows.kinds import Grown
from annotation.figures.rows.singles import one_in, some_judgments
from annotation.figures.rows.tallied import unit_of

MOMENTS = 40
_MOMENTS = "SELECT percentile_disc(%s::float8[]) WITHIN GROUP (ORDER BY created_at) FROM ({judgments}) j"
_GROWN = """
    SELECT created_at, plausibility, sum(unit) OVER (PARTITION BY item_id ORDER BY created_at, id)::bigint AS tally
    FROM ({judgments}) j
"""
_BY_STEP = """
    SELECT width_bucket(created_at, %s::timestamptz[]), plausibility, tally, count(*)
    FROM ({grown}) j GROUP BY 1, 2, 3
"""


def moments(asked: Asked) -> list[datetime]:
    return asked.once("moments", lambda: _moments(asked))


def _moments(asked: Asked) -> list[datetime]:
    """Of very many judgments a part is enough to say when about as many had come; they are counted whole."""
    inner, values = some_judgments(asked, one_in(asked)).values("created_at").query.sql_with_params()
    shares = [k / MOMENTS for k in range(1, MOMENTS)]
    with connection.cursor() as cursor:
        cursor.execute(_MOMENTS.format(judgments=inner), [shares, *values])
        (found,) = cursor.fetchone()
    return sorted(set(found or []))


def grown(asked: Asked) -> list[Grown]:
    """A judgment knows its item's tally as it was with it; where only some judgments are chosen, it is summed here."""
    question, chosen = asked.study.questions[0], asked.selection.chooses_judgments
    judgments = asked.selection.judgments(asked.study).order_by()
    columns = ("unit", "item_id", "id") if chosen else ("tally",)
    read = judgments.annotate(unit=unit_of(question)) if chosen else judgments
    inner, values = read.values("created_at", "plausibility", *columns).query.sql_with_params()
    query = _BY_STEP.format(grown=_GROWN.format(judgments=inner) if chosen else inner)
    cuts = moments(asked)
    with connection.cursor() as cursor:
        # The planner expects as many groups as moments of judgments, and would sort all of these.
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(query, [cuts, *values])
        rows = sorted(cursor.fetchall())
        cursor.execute("SET LOCAL enable_sort = on")
    return [Grown(step, tally, question.unit(answer), n) for step, answer, tally, n in rows]
