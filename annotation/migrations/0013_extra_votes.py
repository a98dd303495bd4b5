import django.core.validators
from django.db import migrations, models
from django.db.models import Q

KINDS = [("item", "item"), ("gold", "gold"), ("repeat", "repeat"), ("extra", "extra vote")]


class Migration(migrations.Migration):
    dependencies = [("annotation", "0012_slow_figures")]

    operations = [
        migrations.AddField(
            "study",
            "extra_votes",
            models.PositiveSmallIntegerField(
                default=0,
                help_text="votes more, at most, on an item over which people are split after its quota",
                validators=[
                    django.core.validators.MinValueValidator(0),
                    django.core.validators.MaxValueValidator(20),
                ],
            ),
        ),
        migrations.AddField(
            "item",
            "extra_taken",
            models.PositiveSmallIntegerField(
                default=0, db_default=0, help_text="extra votes, and leases for them"
            ),
        ),
        *(
            migrations.AlterField(model, "kind", models.CharField(max_length=6, choices=KINDS, default="item"))
            for model in ("lease", "judgment")
        ),
        migrations.AddConstraint(
            "judgment",
            models.UniqueConstraint(fields=["item", "participant"], condition=Q(kind="extra"), name="extra_once"),
        ),
    ]
