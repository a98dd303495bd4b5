from django.db import migrations


class Migration(migrations.Migration):
    """A changed column (0016) empties the statistics `item_patterns`; until they are there again the planner sorts all
    items of a study for each figure, at three times the cost."""

    dependencies = [("annotation", "0018_skips_offered")]

    operations = [migrations.RunSQL("ANALYZE annotation_item", migrations.RunSQL.noop)]
