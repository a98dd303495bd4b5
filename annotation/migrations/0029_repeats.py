from django.db import migrations, models


class Migration(migrations.Migration):
    """Repeats are few: without an index of their own each look for them reads all judgments."""

    dependencies = [("annotation", "0028_recounted")]

    operations = [
        migrations.AddIndex(
            "judgment",
            models.Index(condition=models.Q(kind="repeat"), fields=["participant", "item"], name="judgment_repeats"),
        ),
    ]
