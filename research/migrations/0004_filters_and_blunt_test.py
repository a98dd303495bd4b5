import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("research", "0003_evaluations"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddField(
            model_name="arm",
            name="reading",
            field=models.CharField(
                blank=True,
                choices=[
                    ("strictness", "from another p(yes) on"),
                    ("all", "all, as without a filter"),
                    ("random", "as many as the filter keeps, drawn by chance"),
                ],
                default="",
                help_text="empty: as the run is",
                max_length=10,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="arm",
            name="strictness",
            field=models.FloatField(blank=True, help_text="of a reading from another p(yes) on", null=True),
        ),
        migrations.RemoveConstraint(model_name="arm", name="arm_once"),
        migrations.AddConstraint(
            model_name="arm",
            constraint=models.UniqueConstraint(fields=("experiment", "run", "factor", "value"), name="arm_once"),
        ),
        migrations.CreateModel(
            name="Followed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("title", "The products of the titles"),
                            ("picture", "The products in the pictures"),
                            ("both", "Both"),
                            ("neither", "Neither"),
                            ("cannot", "I can't tell"),
                        ],
                        max_length=7,
                    ),
                ),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "arm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="followed", to="research.arm"
                    ),
                ),
                (
                    "intention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="distillation.intention"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "answer to the blunt test",
                "verbose_name_plural": "answers to the blunt test",
                "constraints": [
                    models.UniqueConstraint(fields=("arm", "intention", "person"), name="followed_once")
                ],
            },
        ),
    ]
