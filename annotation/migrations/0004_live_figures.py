import django.db.models.deletion
from django.db import migrations, models

DESCRIBE = """
    UPDATE annotation_item i
    SET run_id = t.run_id, relation = t.relation, filter_yes = v.yes, p_yes = v.p_yes,
        category = coalesce(nullif(replace(left(
            CASE WHEN a.category = b.category THEN a.category
                 ELSE least(a.category, b.category) || ' + ' || greatest(a.category, b.category) END, 60), '/', '-'),
            ''), 'none')
    FROM distillation_intention t
    LEFT JOIN distillation_verdict v ON v.intention_id = t.id
    JOIN distillation_cobuy c ON c.id = t.cobuy_id
    JOIN distillation_product a ON a.id = c.a_id JOIN distillation_product b ON b.id = c.b_id
    WHERE t.id = i.intention_id
"""
COUNTING = """
    WITH counting AS (
        SELECT j.id, j.item_id, j.created_at,
               1::bigint << 7 * (SELECT count(*) FROM jsonb_array_elements(s.scales->0->'options') o
                                 WHERE (o->>'value')::int < j.plausibility)::int AS plausibility_unit,
               CASE WHEN j.typicality IS NULL THEN 0 ELSE
               1::bigint << 7 * (SELECT count(*) FROM jsonb_array_elements(s.scales->1->'options') o
                                 WHERE (o->>'value')::int < j.typicality)::int END AS typicality_unit
        FROM annotation_judgment j
        JOIN annotation_participant p ON p.id = j.participant_id JOIN annotation_study s ON s.id = p.study_id
        WHERE j.kind = 'item' AND p.state <> 'excluded'
    )
"""
GROWN = (
    COUNTING
    + """
    , grown AS (
        SELECT id, sum(plausibility_unit) OVER (PARTITION BY item_id ORDER BY created_at, id)::bigint AS tally
        FROM counting
    )
    UPDATE annotation_judgment j SET tally = g.tally FROM grown g WHERE g.id = j.id
"""
)
TALLY = (
    COUNTING
    + """
    , tallied AS (
        SELECT item_id, sum(plausibility_unit)::bigint AS plausibility_tally,
               sum(typicality_unit)::bigint AS typicality_tally, max(created_at) AS judged_at
        FROM counting GROUP BY item_id
    )
    UPDATE annotation_item i
    SET plausibility_tally = t.plausibility_tally, typicality_tally = t.typicality_tally, judged_at = t.judged_at
    FROM tallied t WHERE t.item_id = i.id
"""
)
AUDITS = """
    UPDATE annotation_participant p SET n_audited = a.n_audited, n_filter_right = a.n_right
    FROM (SELECT participant_id, count(filter_right) AS n_audited, count(*) FILTER (WHERE filter_right) AS n_right
          FROM annotation_judgment WHERE kind = 'item' GROUP BY participant_id) a
    WHERE a.participant_id = p.id
"""


def _run(**more: bool) -> models.ForeignKey:
    return models.ForeignKey(
        "distillation.run", django.db.models.deletion.PROTECT, related_name="+", db_index=False, **more
    )


class Migration(migrations.Migration):
    dependencies = [("annotation", "0003_study_design"), ("distillation", "0003_product_without_picture")]

    operations = [
        migrations.AddField(
            "study",
            "paired",
            models.BooleanField(default=False, help_text="each run gave the same co-buys and relations, to compare"),
        ),
        migrations.AddField("item", "run", _run(null=True)),
        migrations.AddField("item", "relation", models.CharField(max_length=20, default=""), preserve_default=False),
        migrations.AddField(
            "item",
            "category",
            models.CharField(max_length=60, default="", help_text="of both products; two categories are joined by +"),
            preserve_default=False,
        ),
        migrations.AddField(
            "item",
            "filter_yes",
            models.BooleanField(null=True, help_text="the filter's plain answer; null where no filter was asked"),
        ),
        migrations.AddField("item", "p_yes", models.FloatField(null=True)),
        migrations.AddField("item", "plausibility_tally", models.BigIntegerField(default=0, db_default=0)),
        migrations.AddField("item", "typicality_tally", models.BigIntegerField(default=0, db_default=0)),
        migrations.AddField(
            "item",
            "judged_at",
            models.DateTimeField(null=True, blank=True, help_text="the latest judgment that counts"),
        ),
        migrations.AddField(
            "judgment",
            "tally",
            models.BigIntegerField(
                null=True,
                blank=True,
                help_text="the item's plausibility tally with this judgment; null where it doesn't count",
            ),
        ),
        migrations.AddField(
            "participant",
            "n_audited",
            models.PositiveIntegerField(default=0, help_text="audits of counting judgments"),
        ),
        migrations.AddField(
            "participant",
            "n_filter_right",
            models.PositiveIntegerField(default=0, help_text="of them those that say right"),
        ),
        *(migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (DESCRIBE, GROWN, TALLY, AUDITS)),
        # The rows above leave checks of foreign keys behind, which have to be through before the table may change.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField("item", "run", _run()),
        # Columns that go together: without this the planner expects as many patterns as items.
        migrations.RunSQL(
            "CREATE STATISTICS item_patterns (ndistinct) ON relation, stratum, inclusion_probability, "
            "plausibility_tally, typicality_tally FROM annotation_item",
            "DROP STATISTICS item_patterns",
        ),
    ]
