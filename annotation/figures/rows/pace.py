"""How many judgments came in the last days, by quarters of an hour: the days of every time zone begin with one."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from annotation.figures.rows.asked import Asked
from annotation.figures.rows.kept import Grouping, Row, kept_rows
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
    if now := asked.so_far:
        kept = kept_rows(asked.study, ("quarters", asked.selection, since), lambda: _grouping(asked, since), now)
        return {quarter: n for (quarter,), (n,) in kept.rows.items()}
    with connection.cursor() as cursor:
        cursor.execute(*_whole(asked, since))
        return dict(cursor.fetchall())


def _whole(asked: Asked, since: datetime) -> tuple[str, Row]:
    inner, values = asked.selection.judgments(asked.study).order_by().values("created_at").query.sql_with_params()
    return _QUARTERS.format(judgments=inner), (*values, since)


def _grouping(asked: Asked, since: datetime) -> Grouping:
    (whole, values), (fresh, of_fresh) = _whole(asked, since), came(asked)
    return Grouping(1, whole, _QUARTERS.format(judgments=fresh), values, (*of_fresh, since))
