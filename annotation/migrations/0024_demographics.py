import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0023_look")]

    operations = [
        migrations.AddField(
            "study",
            "demographics",
            models.JSONField(
                blank=True, db_default=[], default=list, help_text="what annotators are asked of themselves, once"
            ),
        ),
        migrations.CreateModel(
            "Demographics",
            [
                (
                    "participant",
                    models.OneToOneField(
                        help_text="asked once",
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="demographics",
                        serialize=False,
                        to="annotation.participant",
                    ),
                ),
                ("answers", models.JSONField(help_text="by question; see annotation.design.demographics")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            {"verbose_name_plural": "demographics"},
        ),
    ]
