from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0025_sides")]

    operations = [
        migrations.AddField(
            "adjudication",
            "had_seen",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="where the verdict was seen before, or could be",
                max_length=4,
            ),
        ),
    ]
