import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


KINDS = [
    ("link.made", "made a link"),
    ("link.revoked", "revoked a link"),
    ("person.deactivated", "deactivated an account"),
    ("person.reactivated", "reactivated an account"),
    ("person.groups", "changed somebody's groups"),
    ("person.password", "set a password"),
    ("two_factor.set", "set up the code at the sign-in"),
    ("two_factor.removed", "removed the code at the sign-in"),
    ("person.erased", "erased a person"),
    ("annotator.paused", "paused an annotator"),
    ("annotator.resumed", "let an annotator go on"),
    ("annotator.excluded", "excluded an annotator"),
    ("judgments.excluded", "excluded judgments"),
    ("judgments.included", "took an exclusion of judgments back"),
    ("judgment.sent_back", "sent an item back"),
    ("run.strictness", "set a strictness"),
    ("export", "exported"),
    ("study.state", "opened, paused or closed a study"),
    ("study.renamed", "renamed a study"),
    ("study.archived", "archived a study"),
    ("study.unarchived", "took a study out of the archive"),
    ("study.deleted", "deleted a study"),
    ("study.extended", "asked for more of a study"),
    ("study.assigned", "assigned items"),
    ("study.adjudicator", "named an adjudicator"),
]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_signatures")]

    operations = [
        migrations.CreateModel(
            "TwoFactor",
            [
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="two_factor",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("secret", models.CharField(max_length=64)),
                (
                    "step",
                    models.BigIntegerField(default=0, help_text="the half minute of the last code that was taken"),
                ),
                (
                    "recovery",
                    models.JSONField(default=list, help_text="keyed digests of the codes on paper that are left"),
                ),
                ("failures", models.PositiveIntegerField(default=0, help_text="wrong codes in a row")),
                ("failed_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.AlterField(
            "deed",
            "kind",
            models.CharField(choices=KINDS, max_length=30),
        ),
    ]
