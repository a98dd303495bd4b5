import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0011_no_judgment_days")]

    operations = [
        migrations.AddField(
            "study",
            "slow_revision",
            models.PositiveIntegerField(
                db_default=0, default=0, help_text="counts the slow figures made; figures are keyed by it"
            ),
        ),
        migrations.CreateModel(
            "SlowFigure",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=20)),
                (
                    "choice",
                    models.CharField(blank=True, help_text="of judgments, as in an address", max_length=300),
                ),
                ("numbers", models.JSONField(default=dict, help_text="figures by name")),
                (
                    "revision",
                    models.CharField(blank=True, help_text="of the judgments that they count", max_length=300),
                ),
                ("made_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_at",
                    models.DateTimeField(blank=True, help_text="when a worker was last asked for them", null=True),
                ),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="slow_figures",
                        to="annotation.study",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("study", "name", "choice"), name="slow_figure_once")
                ],
            },
        ),
    ]
