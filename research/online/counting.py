"""Sums by the day of a unit's first exposure, counted by the database in one pass and kept: no page reads the rows.

A unit counts once its window has ended, with all that came within it. So units are independent, come in the order of
their first exposure, and a sequence over days holds at every look.
"""

import time
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from research.models import Exposure, OnlineExperiment, Outcome

SMALL = 50_000  # exposures that are counted while a page waits
REST = timedelta(seconds=30)  # between two counts, or REST_TIMES as long as one takes
REST_TIMES = 20
MATURING = timedelta(hours=1)  # windows end without anything coming in
METRICS = ("buyers", "purchases", "money")
SUMS_OF_METRIC = """
    sum({y}) FILTER (WHERE ended), sum({y} * {y}) FILTER (WHERE ended), sum({x}) FILTER (WHERE ended),
    sum({x} * {x}) FILTER (WHERE ended), sum({x} * {y}) FILTER (WHERE ended)
"""
COLUMNS = {
    "buyers": ("least(bought, 1)", "least(bought_before, 1)"),
    "purchases": ("bought", "bought_before"),
    "money": ("money", "money_before"),
}
# Of each unit the arm and time of its first exposure; what came in its window, and in the days before.
COUNT = f"""
    WITH first AS MATERIALIZED (
        SELECT DISTINCT ON (unit) unit, arm, at FROM research_exposure
        WHERE online_id = %(online)s ORDER BY unit, at, id
    ), came AS (
        SELECT first.unit,
               count(*) FILTER (WHERE after) AS bought, sum(value) FILTER (WHERE after) AS money,
               count(*) FILTER (WHERE before) AS bought_before, sum(value) FILTER (WHERE before) AS money_before,
               count(*) FILTER (WHERE outcome.at < first.at) AS early,
               count(*) FILTER (WHERE outcome.at >= first.at + %(window)s) AS late
        FROM research_outcome outcome
        JOIN first USING (unit),
        LATERAL (SELECT outcome.at >= first.at AND outcome.at < first.at + %(window)s AS after,
                        outcome.at < first.at AND outcome.at >= first.at - %(before)s AS before) AS lies
        WHERE outcome.online_id = %(online)s
        GROUP BY first.unit
    ), each AS (
        SELECT arm, (at AT TIME ZONE 'UTC')::date AS day, at + %(window)s <= %(now)s AS ended,
               coalesce(bought, 0)::float8 AS bought, coalesce(money, 0) AS money,
               coalesce(bought_before, 0)::float8 AS bought_before, coalesce(money_before, 0) AS money_before,
               coalesce(early, 0) AS early, coalesce(late, 0) AS late
        FROM first LEFT JOIN came USING (unit)
    )
    SELECT day, arm, count(*), count(*) FILTER (WHERE ended), sum(early)::bigint, sum(late)::bigint,
           {", ".join(SUMS_OF_METRIC.format(y=y, x=x) for y, x in COLUMNS.values())}
    FROM each GROUP BY day, arm ORDER BY day, arm
"""  # noqa: S608 - of the constants above
LEFT_OUT = """
    SELECT
      (SELECT count(*) FROM research_outcome o WHERE online_id = %(online)s AND NOT EXISTS
          (SELECT FROM research_exposure e WHERE e.online_id = %(online)s AND e.unit = o.unit)),
      (SELECT count(*) FROM (SELECT FROM research_exposure WHERE online_id = %(online)s
          GROUP BY unit HAVING min(arm) <> max(arm)) AS crossed),
      exposures, strayed, outcomes
    FROM (SELECT count(*) AS exposures, count(*) FILTER (WHERE NOT as_assigned) AS strayed
          FROM research_exposure WHERE online_id = %(online)s) AS shown,
         (SELECT count(*) AS outcomes FROM research_outcome WHERE online_id = %(online)s) AS came
"""


def online_is_stale(online: OnlineExperiment) -> bool:
    if online.counted_at is None:
        return True
    since = timezone.now() - online.counted_at
    if since < max(REST, timedelta(seconds=REST_TIMES * online.counted_s)):
        return False
    return (
        since > MATURING
        or online.exposures.filter(pk__gt=online.counted_exposure).exists()
        or online.outcomes.filter(pk__gt=online.counted_outcome).exists()
    )


def online_counted(online: OnlineExperiment) -> OnlineExperiment:
    """As up to date as a page can wait for; a worker counts the large ones."""
    if online_is_stale(online) and not online.exposures.all()[SMALL : SMALL + 1].exists():
        online_count(online=online)
    return online


@transaction.atomic
def online_count(*, online: OnlineExperiment) -> bool:
    """False where another is counting it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('online_count'), %s::int)", [online.pk])
        if not cursor.fetchone()[0]:
            return False
        began, now = time.monotonic(), timezone.now()
        # Read before counting: what comes meanwhile is newer, and makes it stale.
        newest = [
            model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0 for model in (Exposure, Outcome)
        ]
        told: dict[str, Any] = {
            "online": online.pk, "now": now, "window": timedelta(days=online.window_days),
            "before": timedelta(days=online.before_days),
        }  # fmt: skip
        cursor.execute(COUNT, told)
        rows = cursor.fetchall()
        cursor.execute(LEFT_OUT, told)
        unknown, crossed, exposures, strayed, outcomes = cursor.fetchone()
    online.counted = {
        "rows": [_row(row) for row in rows],
        "early": sum(row[4] for row in rows), "late": sum(row[5] for row in rows), "unknown": unknown,
        "crossed": crossed, "exposures": exposures, "strayed": strayed, "outcomes": outcomes,
    }  # fmt: skip
    online.counted_at, online.counted_s = now, time.monotonic() - began
    online.counted_exposure, online.counted_outcome = newest
    online.save(update_fields=["counted", "counted_at", "counted_s", "counted_exposure", "counted_outcome"])
    return True


def _row(row: tuple[Any, ...]) -> dict[str, Any]:
    day, arm, units, ended, _early, _late, *sums = row
    parts = {name: [float(value or 0) for value in sums[5 * k : 5 * k + 5]] for k, name in enumerate(METRICS)}
    return {"day": day.isoformat(), "arm": arm, "units": units, "ended": ended, **parts}
