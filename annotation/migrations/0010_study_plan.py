import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0009_own_strictness"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="StudyPlan",
            fields=[
                (
                    "study",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="plan",
                        serialize=False,
                        to="annotation.study",
                    ),
                ),
                (
                    "figure",
                    models.CharField(
                        choices=[
                            ("plausibility", "the share that is plausible"),
                            ("typicality", "the share that is typical"),
                            ("accuracy", "the filter's accuracy"),
                            ("precision", "the filter's precision"),
                            ("recall", "the filter's recall"),
                        ],
                        help_text="the one that the study is for",
                        max_length=12,
                    ),
                ),
                ("items", models.PositiveIntegerField(help_text="so many are to be judged")),
                (
                    "half_width",
                    models.FloatField(blank=True, help_text="wanted, as a share; 0.02 are 2 points", null=True),
                ),
                ("fixed_at", models.DateTimeField(db_default=Now())),
                (
                    "fixed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=Q(("items__gt", 0)), name="plan_of_some_items"),
                    models.CheckConstraint(
                        condition=Q(("half_width__isnull", True), Q(("half_width__gt", 0), ("half_width__lt", 0.5)), _connector="OR"),
                        name="plan_width_possible",
                    ),
                ],
            },
        ),
    ]
