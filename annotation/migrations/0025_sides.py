from django.db import migrations, models

COUNTED = """
    UPDATE annotation_participant p
    SET n_differed = c.n_differed, n_agreed = c.n_agreed,
        n_differed_unshown = c.n_differed_unshown, n_agreed_unshown = c.n_agreed_unshown
    FROM (SELECT participant_id,
                 count(*) FILTER (WHERE differs AND audit_asked) AS n_differed,
                 count(*) FILTER (WHERE NOT differs AND audit_asked) AS n_agreed,
                 count(*) FILTER (WHERE differs AND NOT audit_asked) AS n_differed_unshown,
                 count(*) FILTER (WHERE NOT differs AND NOT audit_asked) AS n_agreed_unshown
          FROM (SELECT j.participant_id, j.audit_asked,
                       (j.plausibility >= (s.scales -> 0 ->> 'positive_from')::int) <> i.filter_yes AS differs
                FROM annotation_judgment j JOIN annotation_item i ON i.id = j.item_id
                JOIN annotation_study s ON s.id = i.study_id
                WHERE j.kind = 'item') rated
          GROUP BY participant_id) c
    WHERE c.participant_id = p.id
"""
NAMES = ("n_differed", "n_agreed", "n_differed_unshown", "n_agreed_unshown")


class Migration(migrations.Migration):
    """On which side of the filter's answer the ratings are: the panel on anchoring need not read them all."""

    dependencies = [("annotation", "0024_demographics")]

    operations = [
        *(
            migrations.AddField("participant", name, models.PositiveIntegerField(db_default=0, default=0))
            for name in NAMES
        ),
        migrations.RunSQL(COUNTED, migrations.RunSQL.noop),
    ]
