import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now

PARTS = [
    ("products", "products"),
    ("cobuys", "co-buys"),
    ("pictures", "pictures"),
    ("intentions", "intentions made elsewhere"),
    ("judgments", "judgments"),
    ("purchases", "purchases"),
    ("reviews", "reviews"),
]
STATES = [("reading", "reading"), ("writing", "writing"), ("done", "done"), ("refused", "refused")]


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("distillation", "0016_prompt_versions"),
    ]

    operations = [
        migrations.CreateModel(
            name="UploadImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        db_index=True, help_text="SHA-256 over files and options: who resumes what", max_length=64
                    ),
                ),
                ("format", models.CharField(max_length=20)),
                ("sources", models.JSONField(help_text="file names and sizes")),
                ("options", models.JSONField(default=dict)),
                ("state", models.CharField(choices=STATES, default="reading", max_length=10)),
                ("message", models.CharField(blank=True, max_length=1000)),
                ("progress", models.JSONField(default=dict, help_text="how far each file has been read")),
                ("account", models.JSONField(default=dict, help_text="counts by named reason; they add up")),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "about",
                    models.CharField(
                        blank=True, help_text="the run that it becomes, the study that it fills", max_length=200
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
            options={"abstract": False},
        ),
        migrations.AlterField(
            model_name="upload",
            name="part",
            field=models.CharField(
                blank=True, choices=PARTS, help_text="what it holds; empty: not known yet", max_length=10
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="unread",
            field=models.CharField(blank=True, help_text="why nobody can tell what it holds", max_length=300),
        ),
        migrations.AddField(
            model_name="upload",
            name="upload_import",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="uploads",
                to="distillation.uploadimport",
            ),
        ),
    ]
