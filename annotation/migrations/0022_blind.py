from django.db import migrations, models
from django.db.models import Q

KINDS = [
    ("item", "item"),
    ("gold", "gold"),
    ("repeat", "repeat"),
    ("extra", "extra vote"),
    ("seen", "by somebody who had seen verdicts"),
    ("left", "left out by a researcher"),
]
ROLES = [("annotator", "annotator"), ("researcher", "researcher"), ("administrator", "administrator")]
SEEN = [
    ("mark", "may judge; their judgments are marked, and left out of the figures"),
    ("refuse", "may not judge"),
]


class Migration(migrations.Migration):
    dependencies = [("annotation", "0021_crowd_work")]

    operations = [
        migrations.AddField(
            "study",
            "seen",
            models.CharField(
                choices=SEEN,
                db_default="mark",
                default="mark",
                help_text="who has seen verdicts of its runs",
                max_length=6,
            ),
        ),
        migrations.AddField(
            "participant",
            "n_seen",
            models.PositiveIntegerField(
                db_default=0, default=0, help_text="items judged after verdicts had been seen; in no other count"
            ),
        ),
        migrations.AddField(
            "judgment",
            "role",
            models.CharField(choices=ROLES, db_default="annotator", default="annotator", max_length=20),
        ),
        migrations.AddField(
            "judgment",
            "had_seen",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="where verdicts of the runs were seen before",
                max_length=4,
            ),
        ),
        migrations.AlterField(
            "judgment",
            "was_kind",
            models.CharField(
                blank=True,
                choices=KINDS,
                db_default="",
                default="",
                help_text="of what is left out, before",
                max_length=6,
            ),
        ),
        migrations.AlterField("judgment", "kind", models.CharField(choices=KINDS, default="item", max_length=6)),
        migrations.AlterField("lease", "kind", models.CharField(choices=KINDS, default="item", max_length=6)),
        migrations.AlterField(
            "skip", "kind", models.CharField(choices=KINDS, db_default="item", default="item", max_length=6)
        ),
        migrations.AddConstraint(
            "judgment",
            models.UniqueConstraint(condition=Q(kind="seen"), fields=("item", "participant"), name="seen_once"),
        ),
    ]
