from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0008_study_bounds")]

    operations = [
        migrations.AddField(
            "study",
            "own_strictness",
            models.JSONField(
                blank=True,
                default=dict,
                help_text="by run, the strictness that was set from the figures of this study",
            ),
        ),
    ]
