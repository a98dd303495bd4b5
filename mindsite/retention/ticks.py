"""What a run did, by ten seconds while it is new; by the hour once it has long ended. The sums stay."""

from django.db import connection, transaction

from distillation.models import RunTick

AFTER = "90 days"
SUMS = (
    *("calls", "prompt_tokens", "cached_tokens", "completion_tokens"),
    *("features", "intentions", "verdicts", "yes", "failures"),
)
OLD = """
    distillation_runtick t JOIN distillation_run r ON r.id = t.run_id
    WHERE r.state IN ('done', 'cancelled') AND r.finished_at < now() - %s::interval
"""
MANY = f"""
    SELECT t.run_id, date_trunc('hour', t.at) AS hour, count(*) AS n FROM {OLD}
    GROUP BY t.run_id, date_trunc('hour', t.at) HAVING count(*) > 1
"""  # noqa: S608 - words of our own


def ticks_to_fold() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(sum(n - 1), 0) FROM ({MANY}) many", [AFTER])  # noqa: S608
        return int(cursor.fetchone()[0])


@transaction.atomic
def ticks_fold() -> int:
    """Returns how many rows there are fewer."""
    before = RunTick.objects.count()
    names, sums = ", ".join(SUMS), ", ".join(f"sum({name})" for name in SUMS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH many AS ({MANY}), gone AS (
                DELETE FROM distillation_runtick t USING many m
                WHERE t.run_id = m.run_id AND date_trunc('hour', t.at) = m.hour RETURNING t.*
            )
            INSERT INTO distillation_runtick (run_id, at, {names})
            SELECT run_id, date_trunc('hour', at), {sums} FROM gone GROUP BY 1, 2
            """,  # noqa: S608
            [AFTER],
        )
    return before - RunTick.objects.count()
