from django.db import migrations, models
from django.db.models import Q

KINDS = [("item", "item"), ("gold", "gold"), ("repeat", "repeat"), ("extra", "extra vote")]


class Migration(migrations.Migration):
    dependencies = [("annotation", "0017_roles_at_joining")]

    operations = [
        migrations.AddField(
            model_name="skip",
            name="kind",
            field=models.CharField(choices=KINDS, db_default="item", default="item", max_length=6),
        ),
        migrations.AddField(
            model_name="skip",
            name="offered_at",
            field=models.DateTimeField(blank=True, help_text="when a researcher offered the item again", null=True),
        ),
        migrations.RemoveConstraint(model_name="skip", name="skip_once"),
        migrations.AddConstraint(
            model_name="skip",
            constraint=models.UniqueConstraint(
                condition=~Q(kind="gold") & Q(offered_at__isnull=True),
                fields=("item", "participant"),
                name="skip_once",
            ),
        ),
    ]
