import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Items of a study are found by `item_once`; the index of the key alone was written for each item taken."""

    dependencies = [("annotation", "0029_repeats")]

    operations = [
        migrations.AlterField(
            "item",
            "study",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="items",
                to="annotation.study",
            ),
        ),
    ]
