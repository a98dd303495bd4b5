from django.db import migrations, models

ANEW = "UPDATE annotation_participant SET cursor_block = -1, cursor_taken = -1, cursor_key = -1"


class Migration(migrations.Migration):
    """Cursors stand where nothing before them can be had, but for items that came back; so far they did not."""

    dependencies = [("annotation", "0026_adjudication_seen")]

    operations = [
        migrations.AddField(
            "item",
            "came_back",
            models.BooleanField(
                db_default=False,
                default=False,
                help_text="it was given back once: searches that have passed it look again",
            ),
        ),
        migrations.AddIndex(
            "item",
            models.Index(
                condition=models.Q(came_back=True, taken__lt=models.F("overlap"), gold__isnull=True),
                fields=["study", "block_no", "taken", "order_key"],
                name="item_back",
            ),
        ),
        migrations.RunSQL(ANEW, migrations.RunSQL.noop),
    ]
