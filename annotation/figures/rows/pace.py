"""How many judgments came in the last days, by quarters of an hour: the days of every time zone begin with one."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from annotation.figures.rows.asked import Asked
from annotation.figures.rows.kept import Grouping, kept_rows
from annotation.figures.rows.moments import came
from common.days import start_of

QUARTER = timedelta(minutes=15)
_QUARTERS = """
    SELECT date_bin('15 minutes', created_at, 'epoch'::timestamptz) AS quarter, count(*) AS n
    FROM ({judgments}) j WHERE created_at >= %s GROUP BY 1
"""


def pace(by_quarter: dict[datetime, int]) -> float:
    """Judgments a day since the first day of those told on which somebody judged."""
    if not by_quarter:
        return 0
    days = (timezone.localdate() - timezone.localdate(min(by_quarter))).days + 1
    return sum(by_quarter.values()) / days


def quarters(asked: Asked, days: int) -> dict[datetime, int]:
    """Judgments by when their quarter began, from the beginning of the day so many days ago."""
    since = start_of(timezone.localdate() - timedelta(days=days))
    inner, values = asked.selection.judgments(asked.study).order_by().values("created_at").query.sql_with_params()
    whole, of_whole = _QUARTERS.format(judgments=inner), (*values, since)
    if asked.keeps:
        fresh, of_fresh = came(asked)
        of = Grouping(1, whole, _QUARTERS.format(judgments=fresh), of_whole, (*of_fresh, since))
        return {quarter: n for (quarter,), (n,) in kept_rows(asked.study, of, asked.together).rows.items()}
    with connection.cursor() as cursor:
        cursor.execute(whole, of_whole)
        return dict(cursor.fetchall())
