import django.db.models.deletion
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import migrations, models

PLACES = [
    ("held", "held, nothing judged yet"),
    ("spent", "taken: something was judged"),
    ("gone", "given up"),
]  # fmt: skip

# Who came by a crowd link before now took a place of it; where a study has several links, of the first.
TAKEN = """
    UPDATE annotation_participant p SET link_id = l.id, place = CASE WHEN
        EXISTS (SELECT FROM annotation_judgment j WHERE j.participant_id = p.id) THEN 'spent' ELSE 'gone' END
    FROM accounts_user u, accounts_link l
    WHERE u.id = p.annotator_id AND u.crowd_id <> ''
      AND l.id = (SELECT min(id) FROM accounts_link WHERE kind = 'crowd' AND study_id = p.study_id)
"""


class Migration(migrations.Migration):
    dependencies = [("annotation", "0020_desk"), ("accounts", "0005_crowd_terms")]

    operations = [
        migrations.AddField(
            "study",
            "cap",
            models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="judgments that one person gives at most, check items apart; 0: no limit",
                validators=[MinValueValidator(0), MaxValueValidator(100_000)],
            ),
        ),
        migrations.AddField(
            "study",
            "terms",
            models.CharField(
                blank=True, db_default="", help_text="time and pay, told before the first item", max_length=500
            ),
        ),
        migrations.AddField(
            "study",
            "consent",
            models.TextField(blank=True, db_default="", default="", help_text="accepted before the first item"),
        ),
        migrations.AddField(
            "study",
            "consent_version",
            models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                help_text="of the protocol, in which the consent text last changed; 0: there is none",
            ),
        ),
        migrations.AddField(
            "study",
            "guidelines_version",
            models.PositiveSmallIntegerField(
                db_default=1, default=1, help_text="of the protocol, in which the guidelines last changed"
            ),
        ),
        migrations.AddField(
            "study",
            "codes",
            models.JSONField(
                blank=True,
                db_default={},
                default=dict,
                help_text="codes or return addresses by kind; else they are generated",
            ),
        ),
        migrations.AddField(
            "participant",
            "link",
            models.ForeignKey(
                blank=True,
                help_text="the crowd link they took",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="participants",
                to="accounts.link",
            ),
        ),
        migrations.AddField(
            "participant",
            "place",
            models.CharField(blank=True, choices=PLACES, db_default="", default="", max_length=8),
        ),
        migrations.AddField(
            "participant",
            "place_until",
            models.DateTimeField(blank=True, help_text="till then it is held, if nothing is judged", null=True),
        ),
        migrations.AddField(
            "participant",
            "consent_version",
            models.PositiveSmallIntegerField(
                db_default=0, default=0, help_text="of the protocol, whose consent text they accepted; 0: none"
            ),
        ),
        migrations.AddField("participant", "consented_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "participant",
            "guidelines_version",
            models.PositiveSmallIntegerField(
                db_default=1, default=1, help_text="of the protocol, whose guidelines they have confirmed"
            ),
        ),
        migrations.RunSQL(TAKEN, migrations.RunSQL.noop),
    ]
