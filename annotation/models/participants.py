"""Annotators in a study."""

from django.conf import settings
from django.db import connection, models
from django.db.models import F

from accounts.models import Link, User
from annotation.models.rights import may_judge_q
from annotation.models.studies import Study
from common.counting import included_q

# Not after what a search would find, which has more conditions (annotation.judging.finding.free); in depth the start.
_CURSORS = """
    UPDATE annotation_participant p
    SET cursor_block = coalesce(first.block_no, -1), cursor_taken = coalesce(first.taken, -1),
        cursor_key = coalesce(first.order_key, -1)
    FROM annotation_participant q JOIN annotation_study s ON s.id = q.study_id LEFT JOIN LATERAL (
        SELECT i.block_no, i.taken, i.order_key FROM annotation_item i
        WHERE i.study_id = q.study_id AND i.taken < i.overlap AND i.gold IS NULL
          AND NOT EXISTS (SELECT FROM annotation_judgment j
                          WHERE j.item_id = i.id AND j.participant_id = q.id AND j.kind <> 'unseen')
          AND NOT EXISTS (SELECT FROM annotation_skip k
                          WHERE k.item_id = i.id AND k.participant_id = q.id AND k.offered_at IS NULL)
        ORDER BY i.block_no, i.taken, i.order_key LIMIT 1
    ) first ON s."order" <> 'depth'
    WHERE q.id = p.id AND q.id = ANY(%s)
"""


class ParticipantQuerySet(models.QuerySet):
    def included(self) -> "ParticipantQuerySet":
        """Those whose judgments count."""
        return self.filter(included_q())

    def with_rights(self) -> "ParticipantQuerySet":
        """Those who may still judge: see `annotation.models.rights`."""
        return self.filter(may_judge_q())

    def excluded(self) -> "ParticipantQuerySet":
        return self.filter(~included_q())

    def counted_anew(self, times: int = 1) -> None:
        """The study's items count otherwise than by judgments more: what pages keep of its rows no longer holds."""
        self.update(revision=F("revision") + times, n_recounted=F("n_recounted") + times)

    def search_anew(self) -> None:
        """What their cursors have passed may be free again: set them to the first item that they have not done."""
        with connection.cursor() as cursor:
            cursor.execute(_CURSORS, [list(self.values_list("pk", flat=True))])


class Participant(models.Model):
    """An annotator in a study. Its row is the lock against two tabs and double clicks."""

    class State(models.TextChoices):
        ACTIVE = "active", "active"
        PAUSED = "paused", "paused by a rule or a researcher"
        UNQUALIFIED = "unqualified", "not qualified"
        EXCLUDED = "excluded", "excluded: judgments stay, but do not count"

    class Place(models.TextChoices):
        """Of a crowd link's."""

        HELD = "held", "held, nothing judged yet"
        SPENT = "spent", "taken: something was judged"
        GONE = "gone", "given up"

    study = models.ForeignKey(Study, models.CASCADE, related_name="participants")
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="participations")
    pseudonym = models.CharField(max_length=20, help_text="stands for the annotator in exports")
    role = models.CharField(
        max_length=20,
        choices=User.Role,
        default=User.Role.ANNOTATOR,
        db_default=User.Role.ANNOTATOR,
        help_text="with which they joined; with another one they judge no further",
    )
    state = models.CharField(max_length=12, choices=State, default=State.ACTIVE)
    state_reason = models.CharField(max_length=300, blank=True)
    link = models.ForeignKey(
        Link, models.SET_NULL, null=True, blank=True, related_name="participants", help_text="the crowd link they took"
    )
    place = models.CharField(max_length=8, choices=Place, blank=True, default="", db_default="")
    place_until = models.DateTimeField(null=True, blank=True, help_text="till then it is held, if nothing is judged")
    consent_version = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="of the protocol, whose consent text they accepted; 0: none"
    )
    consented_at = models.DateTimeField(null=True, blank=True)
    guidelines_version = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="of the protocol, whose guidelines they have confirmed"
    )
    qualified_at = models.DateTimeField(null=True, blank=True)
    n_tries = models.PositiveSmallIntegerField(default=0, help_text="failed tries at the qualification")
    n_judged = models.PositiveIntegerField(default=0, help_text="items judged; gold and repeats not counted")
    n_skipped = models.PositiveIntegerField(default=0)
    n_audited = models.PositiveIntegerField(default=0, help_text="audits of counting judgments")
    n_filter_right = models.PositiveIntegerField(default=0, help_text="of them those that say right")
    # First ratings of plausible on the other side than the filter's plain answer, and on its side; after the first two
    # the verdict was revealed.
    n_differed = models.PositiveIntegerField(default=0, db_default=0)
    n_agreed = models.PositiveIntegerField(default=0, db_default=0)
    n_differed_unshown = models.PositiveIntegerField(default=0, db_default=0)
    n_agreed_unshown = models.PositiveIntegerField(default=0, db_default=0)
    n_seen = models.PositiveIntegerField(
        default=0, db_default=0, help_text="items judged after verdicts had been seen; in no other count"
    )
    seconds = models.FloatField(default=0, help_text="active time on all judgments")
    revision = models.PositiveIntegerField(default=0, help_text="counts judgments and audits; figures are keyed by it")
    n_recounted = models.PositiveIntegerField(
        default=0, db_default=0, help_text="how often the study's items were counted anew"
    )
    may_judge = True  # as just read
    owes_answers = False  # about themselves, where the study asks; as just read
    version_now: int  # of the study's protocol, as read under the lock; that of `study` is what was read to be shown
    had_seen = ""  # where verdicts of the study's runs were seen: by role, or as exposures have it; as just read
    cap = 0  # judgments at most, of the link or else of the study, as just read; 0: no limit
    n_beyond = 0  # repeats and extra votes, which the cap counts too; as just read where there is a cap
    judged_elsewhere = True  # in other studies, whose verdicts may speak of the same intentions
    is_held = False  # by a transaction that goes on, under the lock of the row
    has_item: bool | None = None  # a lease, where it is known under this lock
    study_judged: int | None = None  # all judgments of the study, where allocation has just read them
    # Before it nothing can be had by them, but for what came back; so no search passes their own work again.
    cursor_block = models.IntegerField(default=-1, db_default=-1)
    cursor_taken = models.SmallIntegerField(default=-1)
    cursor_key = models.IntegerField(default=-1)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "annotator"], name="participant_once"),
            models.UniqueConstraint(fields=["study", "pseudonym"], name="pseudonym_once"),
        ]

    def __str__(self) -> str:
        return self.pseudonym
