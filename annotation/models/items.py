"""Items, and what happens to them before they are judged."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from annotation.models.participants import Participant
from annotation.models.studies import Study
from common.counting import included_q
from distillation.models import Intention, Run


class ItemQuerySet(models.QuerySet):
    def sampled(self) -> "ItemQuerySet":
        """The items that figures are about; gold items are left out."""
        return self.filter(gold__isnull=True)


class Item(models.Model):
    """One sampled intention, or in a preference study a pair of them. `taken` counts judgments and leases together; the
    quota is the check below. A pair of identical texts has an overlap of 0: it is counted and never asked."""

    # Found by `item_once`, which begins with it: an index more would be written for each item taken.
    study = models.ForeignKey(Study, models.CASCADE, related_name="items", db_index=False)
    intention = models.ForeignKey(Intention, models.PROTECT, related_name="items")
    other = models.ForeignKey(
        Intention, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, help_text="what it meets"
    )
    stratum = models.CharField(max_length=150, blank=True)
    inclusion_probability = models.FloatField()
    order_key = models.IntegerField(help_text="random place in the order of allocation")
    block_no = models.IntegerField(default=0, db_default=0, help_text="finished before the next; 0 in other orders")
    overlap = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField(default=0)
    n_judged = models.PositiveSmallIntegerField(default=0)
    extra_taken = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="extra votes, and leases for them"
    )
    gold = models.JSONField(
        null=True, blank=True, help_text="the known answer: plausibility, typicality or null, explanation"
    )
    # What figures are grouped by, as it was when the item was drawn: no figure then reads more than the study's items.
    run = models.ForeignKey(Run, models.PROTECT, related_name="+", db_index=False)
    other_run = models.ForeignKey(Run, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    relation = models.CharField(max_length=20)
    category = models.CharField(max_length=60, help_text="of both products; two categories are joined by +")
    bought_year = models.PositiveSmallIntegerField(null=True, blank=True, help_text="when the co-buy was first bought")
    bought_month = models.PositiveSmallIntegerField(null=True, blank=True)
    filter_yes = models.BooleanField(null=True, help_text="the filter's plain answer; null where no filter was asked")
    p_yes = models.FloatField(null=True)
    # Of a pair, as people see them: without an opening that would name the run. Empty where ratings are asked.
    first_shown = models.TextField(blank=True, default="", db_default="")
    second_shown = models.TextField(blank=True, default="", db_default="")
    # Written in the statement that writes the judgment, see stats.packing.
    plausibility_tally = models.BigIntegerField(default=0, db_default=0)
    typicality_tally = models.BigIntegerField(default=0, db_default=0)
    judged_at = models.DateTimeField(null=True, blank=True, help_text="the latest judgment that counts")
    is_assigned = models.BooleanField(
        default=False, db_default=False, help_text="only those may have it whom its assignments name"
    )
    came_back = models.BooleanField(
        default=False, db_default=False, help_text="it was given back once: searches that have passed it look again"
    )
    drawn_overlap = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="what the overlap was before it was raised: complete by this until the new is met",
    )

    objects = ItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "intention", "other"], nulls_distinct=False, name="item_once"),
            models.CheckConstraint(
                condition=Q(n_judged__lte=F("taken"), taken__lte=F("overlap")), name="item_within_quota"
            ),
            models.CheckConstraint(
                condition=Q(inclusion_probability__gt=0, inclusion_probability__lte=1), name="item_could_be_drawn"
            ),
        ]
        indexes = [
            models.Index(
                fields=["study", "block_no", "taken", "order_key"],
                condition=Q(taken__lt=F("overlap"), gold__isnull=True),
                name="item_free",
            ),
            models.Index(
                fields=["study", "block_no", "taken", "order_key"],
                condition=Q(came_back=True, taken__lt=F("overlap"), gold__isnull=True),
                name="item_back",
            ),
            models.Index(fields=["study", "order_key"], condition=Q(gold__isnull=False), name="item_gold"),
            models.Index(fields=["other"], condition=Q(other__isnull=False), name="item_other"),
        ]

    def __str__(self) -> str:
        return f"item {self.pk}"


class Kind(models.TextChoices):
    """Why an item is shown: only the first kind counts towards the quota and into the figures; extra votes are on items
    over which people are split, and enter the latent truth alone. What a researcher leaves out is of its kind only, and
    so is what is asked once more because a picture had failed."""

    ITEM = "item", "item"
    GOLD = "gold", "gold"
    REPEAT = "repeat", "repeat"
    EXTRA = "extra", "extra vote"
    SEEN = "seen", "by somebody who had seen verdicts"
    LEFT_OUT = "left", "left out by a researcher"
    UNSEEN = "unseen", "judged without its pictures"


class Lease(models.Model):
    """A timed reservation of an item for one annotator."""

    participant = models.OneToOneField(Participant, models.CASCADE, primary_key=True)
    item = models.ForeignKey(Item, models.CASCADE, related_name="leases")
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.ITEM)
    a_on_left = models.BooleanField(help_text="which of the co-buy's products is shown on the left")
    first_left = models.BooleanField(null=True, help_text="of a pair, whether its first intention is on the left")
    started_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(db_index=True)
    shown: tuple | None = None  # what the page shows of the item, where it was read as the item was taken

    def __str__(self) -> str:
        return f"{self.participant_id}: item {self.item_id}"


class SkipQuerySet(models.QuerySet):
    def counting(self, *, with_excluded: bool = False) -> "SkipQuerySet":
        return self if with_excluded else self.filter(included_q("participant__"))

    def sampled(self) -> "SkipQuerySet":
        """Not of gold items, which count against the tries instead."""
        return self.filter(item__gold__isnull=True)

    def of_study(self, study: Study) -> "SkipQuerySet":
        """With what a list of them shows."""
        shown = ("participant", "item__intention__cobuy__a", "item__intention__cobuy__b")
        return self.filter(item__study=study).select_related(*shown)

    def without_picture(self, study: Study) -> int:
        """How often a picture was missing, and the item was not offered again."""
        return self.standing().filter(item__study=study, reason=Skip.Reason.PICTURE).count()

    def standing(self) -> "SkipQuerySet":
        """Those that keep the item from the annotator: not of gold items, and not offered again since."""
        return self.exclude(kind=Kind.GOLD).filter(offered_at__isnull=True)

    def by_reason(self) -> dict[str, int]:
        """The most frequent first."""
        counted = self.order_by().values_list("reason").annotate(n=models.Count("pk"))
        return dict(counted.order_by("-n", "reason"))


class Skip(models.Model):
    """An item that an annotator could not judge; others get it, this annotator does not."""

    class Reason(models.TextChoices):
        PICTURE = "picture", "picture missing"
        UNREADABLE = "unreadable", "text unreadable"
        OFFENSIVE = "offensive", "offensive"
        CANNOT_TELL = "cannot_tell", "cannot tell"

    item = models.ForeignKey(Item, models.CASCADE, related_name="skips")
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="skips")
    reason = models.CharField(max_length=20, choices=Reason)
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.ITEM, db_default=Kind.ITEM)
    offered_at = models.DateTimeField(null=True, blank=True, help_text="when a researcher offered the item again")
    created_at = models.DateTimeField(db_default=Now())

    objects = SkipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "participant"],
                condition=~Q(kind="gold") & Q(offered_at__isnull=True),
                name="skip_once",
            )
        ]

    def __str__(self) -> str:
        return f"item {self.item_id}: {self.reason}"
