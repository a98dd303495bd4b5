from django.core.validators import MaxValueValidator
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_erasures")]

    operations = [
        migrations.AddField(
            "link",
            "cap",
            models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="judgments a person; 0: the study's",
                validators=[MaxValueValidator(100_000)],
            ),
        ),
        migrations.AddField(
            "link",
            "terms",
            models.CharField(blank=True, db_default="", help_text="time and pay; empty: the study's", max_length=500),
        ),
        migrations.AddField(
            "link",
            "signed",
            models.BooleanField(db_default=False, default=False, help_text="the platform signs its workers' ids"),
        ),
    ]
