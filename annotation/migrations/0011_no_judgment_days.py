from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("annotation", "0010_study_plan")]

    operations = [
        # Agreement is told by the number of judgments now, and not by days.
        migrations.RunSQL(
            "DROP STATISTICS judgment_days",
            "CREATE STATISTICS judgment_days (ndistinct) ON ((created_at AT TIME ZONE 'UTC')::date), plausibility, tally "
            "FROM annotation_judgment",
        ),
    ]
