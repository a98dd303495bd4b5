"""A run that judges another run's intentions anew: by another filter, or in other words."""

from django.db import connection

from distillation.models import Run

# All but the verdicts. What failed before there was an intention has failed here too: both are of the same units.
TAKE = (
    """
    UPDATE distillation_runproduct n SET feature_id = o.feature_id, from_cache = true
    FROM distillation_runproduct o
    WHERE n.run_id = %(run)s AND o.run_id = %(of)s AND o.product_id = n.product_id AND o.feature_id IS NOT NULL
    """,
    """
    INSERT INTO distillation_intention (run_id, cobuy_id, relation, sample, text, raw_reply)
    SELECT %(run)s, cobuy_id, relation, sample, text, raw_reply FROM distillation_intention WHERE run_id = %(of)s
    ORDER BY id
    """,
    """
    INSERT INTO distillation_failure (run_id, step, product_id, cobuy_id, relation, sample, reason, detail, raw_reply)
    SELECT %(run)s, step, product_id, cobuy_id, relation, sample, reason, detail, raw_reply
    FROM distillation_failure WHERE run_id = %(of)s AND step <> 'verdict'
    """,
    """
    UPDATE distillation_runcobuy c SET n_owed = coalesce(i.n, 0)
    FROM distillation_runcobuy o LEFT JOIN
        (SELECT cobuy_id, count(*) AS n FROM distillation_intention WHERE run_id = %(run)s GROUP BY cobuy_id) i
        ON i.cobuy_id = o.cobuy_id
    WHERE c.run_id = %(run)s AND o.run_id = %(run)s AND o.cobuy_id = c.cobuy_id
    """,
)


def run_take_intentions(*, run: Run, of: Run) -> None:
    """To be called in the transaction that plans the run; `of` has ended."""
    with connection.cursor() as cursor:
        for sql in TAKE:
            cursor.execute(sql, {"run": run.pk, "of": of.pk})
