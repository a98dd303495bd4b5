from django.db import migrations


class Migration(migrations.Migration):
    """Items are updated in place twice a judgment: room in the page keeps these updates off the indexes' pages."""

    dependencies = [("annotation", "0001_initial")]

    operations = [
        migrations.RunSQL("ALTER TABLE annotation_item SET (fillfactor = 70)", "ALTER TABLE annotation_item RESET (fillfactor)")
    ]
