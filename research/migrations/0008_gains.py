import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("distillation", "0012_purchases"),
        ("research", "0007_trainings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Gain",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, unique=True, validators=[django.core.validators.RegexValidator("^(?!\\.+\\Z)[\\w.-]+\\Z", "Use letters, digits, dots, hyphens and underscores.")])),
                ("folder", models.CharField(help_text="where the data of each arm lie", max_length=500)),
                ("config", models.JSONField(help_text="base, benchmark, arms, training, asking; fixed at the start")),
                ("data", models.JSONField(blank=True, default=dict, help_text="records of each arm, before and after they were equalled")),
                ("results", models.JSONField(blank=True, default=dict, help_text="the table")),
                ("state", models.CharField(choices=[("running", "under way"), ("stopped", "stopped"), ("done", "done")], default="running", max_length=20)),
                ("message", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("created_by", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
                ("run", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="distillation.run")),
            ],
        ),
    ]
