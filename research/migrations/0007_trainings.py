import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("research", "0006_online"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Training",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True, validators=[django.core.validators.RegexValidator("^(?!\\.+\\Z)[\\w.-]+\\Z", "Use letters, digits, dots, hyphens and underscores.")])),
                ("folder", models.CharField(help_text="where checkpoints and adapter lie, on the machine that trains", max_length=500)),
                ("config", models.JSONField(help_text="data, base, rank, epochs, seed and so on; fixed at the start")),
                ("manifest", models.JSONField(blank=True, default=dict, help_text="of the data, as its export wrote it")),
                ("facts", models.JSONField(blank=True, default=dict, help_text="what the trainer found: steps, device, versions")),
                ("result", models.JSONField(blank=True, default=dict, help_text="of the adapter: checksum, size")),
                ("state", models.CharField(choices=[("waiting", "waiting for a worker"), ("running", "training"), ("paused", "paused"), ("stopped", "stopped"), ("cancelled", "cancelled"), ("done", "done")], default="paused", max_length=20)),
                ("message", models.CharField(blank=True, help_text="why it stopped, if it did", max_length=500)),
                ("by_worker", models.BooleanField(default=False, help_text="taken by a worker of the queue; otherwise by a command")),
                ("worker", models.CharField(blank=True, help_text="who took it last", max_length=200)),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                ("step", models.IntegerField(default=0)),
                ("checkpoint", models.IntegerField(default=0, help_text="the step of the last whole one")),
                ("seconds", models.FloatField(default=0, help_text="training, over all starts")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("created_by", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name="TrainingNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=1000)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("training", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="research.training")),
            ],
        ),
        migrations.CreateModel(
            name="TrainingPoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("train", "training"), ("validation", "validation")], max_length=10)),
                ("step", models.IntegerField()),
                ("loss", models.FloatField()),
                ("lr", models.FloatField(null=True)),
                ("tokens", models.BigIntegerField(help_text="seen so far, without padding", null=True)),
                ("rate", models.FloatField(help_text="tokens a second", null=True)),
                ("at", models.DateTimeField()),
                ("training", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="points", to="research.training")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("training", "kind", "step"), name="training_point_once")],
            },
        ),
    ]
