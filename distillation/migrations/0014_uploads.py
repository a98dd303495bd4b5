import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("distillation", "0013_imports_alike"),
    ]

    operations = [
        migrations.AddField(
            model_name="catalogimport",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                help_text="who started it in the browser; empty: a command did",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(help_text="as it was called there, without folders", max_length=60)),
                (
                    "part",
                    models.CharField(
                        choices=[("products", "products"), ("cobuys", "co-buys"), ("pictures", "pictures")],
                        max_length=10,
                    ),
                ),
                ("size", models.BigIntegerField()),
                ("received", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField(db_default=Now())),
                (
                    "removed_at",
                    models.DateTimeField(blank=True, help_text="since when its file is gone", null=True),
                ),
                (
                    "catalog_import",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="uploads",
                        to="distillation.catalogimport",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
