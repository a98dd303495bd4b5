from django.db import migrations, models


class Migration(migrations.Migration):
    """What pages keep of a large study's rows goes on from judgment to judgment until something is counted anew."""

    dependencies = [("annotation", "0027_came_back")]

    operations = [
        migrations.AddField(
            "participant",
            "n_recounted",
            models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="how often the study's items were counted anew",
            ),
        ),
    ]
