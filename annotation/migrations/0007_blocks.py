from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("annotation", "0006_judgment_days")]

    operations = [
        migrations.AddField(
            "item",
            "block_no",
            models.IntegerField(default=0, db_default=0, help_text="finished before the next; 0 in other orders"),
        ),
        migrations.AddField("participant", "cursor_block", models.IntegerField(default=-1, db_default=-1)),
        # Those who are at work go on where they are: in their orders all items are of block 0.
        migrations.RunSQL(
            "UPDATE annotation_participant SET cursor_block = 0 WHERE cursor_taken >= 0", migrations.RunSQL.noop
        ),
        migrations.AlterField(
            "study",
            "order",
            models.CharField(
                choices=[
                    ("blocks", "block by block, each finished before the next"),
                    ("breadth", "the least judged item first"),
                    ("depth", "items that others have begun first"),
                ],
                default="blocks",
                max_length=10,
            ),
        ),
        migrations.RemoveIndex("item", "item_free"),
        migrations.AddIndex(
            "item",
            models.Index(
                fields=["study", "block_no", "taken", "order_key"],
                condition=Q(taken__lt=F("overlap"), gold__isnull=True),
                name="item_free",
            ),
        ),
    ]
