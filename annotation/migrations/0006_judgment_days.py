from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("annotation", "0005_export_record")]

    operations = [
        # Days, answers and tallies go together: without this the planner expects as many groups as judgments.
        migrations.RunSQL(
            "CREATE STATISTICS judgment_days (ndistinct) ON ((created_at AT TIME ZONE 'UTC')::date), plausibility, tally "
            "FROM annotation_judgment",
            "DROP STATISTICS judgment_days",
        ),
    ]
