"""Products, co-buys, their pictures, and imports of them."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from common.lists import ArchiveQuerySet
from distillation.models.imports import FileImport


class Picture(models.Model):
    """A stored JPEG, addressed by its content; the same bytes are stored once."""

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the stored JPEG, hex")
    width = models.PositiveSmallIntegerField(help_text="pixels")
    height = models.PositiveSmallIntegerField(help_text="pixels")
    size = models.PositiveIntegerField(help_text="bytes")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.digest[:12]

    @property
    def name(self) -> str:
        return f"pictures/{self.digest[:2]}/{self.digest}.jpg"

    @property
    def thumbnail_name(self) -> str:
        return f"pictures/{self.digest[:2]}/{self.digest}-thumb.jpg"


class TreatedPictureQuerySet(models.QuerySet):
    def wanted(self) -> "TreatedPictureQuerySet":
        return self.filter(picture=None, problem="")


class TreatedPicture(models.Model):
    """What became of a picture under a treatment: another picture, or why not; neither while it is wanted."""

    source = models.ForeignKey(Picture, models.CASCADE, related_name="treated")
    treatment = models.CharField(max_length=30, help_text="with its version")
    picture = models.ForeignKey(Picture, models.PROTECT, null=True, related_name="+")
    problem = models.CharField(max_length=300, blank=True)
    effects = models.JSONField(default=dict, help_text="what was measured, relative to the source")

    objects = TreatedPictureQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "treatment"], name="treated_once")]
        indexes = [
            models.Index(
                fields=["treatment", "id"], condition=Q(picture__isnull=True, problem=""), name="treated_wanted"
            )
        ]

    def __str__(self) -> str:
        return f"{self.treatment} of {self.source_id}"


class PictureSource(models.Model):
    """An address that a picture is to be had from; the same address is fetched once, for however many products."""

    class State(models.TextChoices):
        WANTED = "wanted", "wanted"
        STORED = "stored", "stored"
        FAILED = "failed", "failed"

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the URL, hex")
    url = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.WANTED)
    reason = models.CharField(max_length=300, blank=True, help_text="why the last try failed")
    picture = models.ForeignKey(Picture, models.PROTECT, null=True, blank=True, related_name="+")
    tries = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(db_default=Now(), help_text="when the next try is due, or a claim runs out")

    class Meta:
        indexes = [models.Index(fields=["not_before"], condition=Q(state="wanted"), name="picture_source_due")]

    def __str__(self) -> str:
        return self.url[:80]


# Of rows that come by the million, each with the import that writes it: no trigger to look that up again, no index for
# the few imports. Null: from before imports were recorded, or made with imported intentions.
AS_MANY: dict[str, Any] = {"null": True, "blank": True, "db_constraint": False, "db_index": False}


class Product(models.Model):
    asin = models.CharField("ASIN", max_length=32, unique=True)
    title = models.TextField()
    category = models.CharField(max_length=200, blank=True)
    picture = models.ForeignKey(Picture, models.PROTECT, null=True, blank=True, related_name="products")
    picture_problem = models.CharField(
        max_length=300, blank=True, help_text="why there is no usable picture; empty if there is one"
    )
    picture_source = models.ForeignKey(PictureSource, models.SET_NULL, null=True, blank=True, related_name="products")
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True, help_text="US dollars")
    first_import = models.ForeignKey("CatalogImport", models.PROTECT, related_name="+", **AS_MANY)

    class Meta:
        indexes = [
            GinIndex(SearchVector("title", config="english"), name="product_title_words"),
            models.Index(fields=["category", "id"], name="product_by_category"),
            # With the source, so that those whose picture is wanted are told from the others without the table.
            models.Index(
                fields=["id"],
                include=["picture_source"],
                condition=Q(picture__isnull=True),
                name="product_without_picture",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asin} {self.title[:60]}"


class CoBuyQuerySet(models.QuerySet):
    def with_pictures(self) -> "CoBuyQuerySet":
        return self.filter(a__picture__isnull=False, b__picture__isnull=False)


class CoBuy(models.Model):
    """An unordered pair of products bought together, stored once: `a` has the smaller id."""

    # Co-buys come by the million, each out of a join with the products: a trigger for each row that looks both up again
    # would cost more than all the rest of an import. `a` has its index in the unique constraint.
    a = models.ForeignKey(Product, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    b = models.ForeignKey(Product, models.CASCADE, related_name="+", db_constraint=False)
    first_import = models.ForeignKey("CatalogImport", models.PROTECT, related_name="+", **AS_MANY)
    fields = models.PositiveSmallIntegerField(
        db_default=0, help_text="what its files call it, as bits of COBUY_FIELDS; 0: a list of pairs, or not recorded"
    )
    bought_at = models.DateTimeField(
        null=True, blank=True, help_text="when somebody first had bought both within the window; empty: not known"
    )
    n_buyers = models.PositiveIntegerField(db_default=0, help_text="who bought both within the window")

    objects = CoBuyQuerySet.as_manager()

    class Meta:
        verbose_name = "co-buy"
        constraints = [
            models.UniqueConstraint(fields=["a", "b"], name="cobuy_once"),
            models.CheckConstraint(condition=Q(a__lt=F("b")), name="cobuy_unordered"),
        ]

    def __str__(self) -> str:
        return f"{self.a_id} + {self.b_id}"


class CatalogImportQuerySet(ArchiveQuerySet):
    def data_sets(self) -> "CatalogImportQuerySet":
        """One for each data set, the first of its imports; the newest come first."""
        return self.archived(False).filter(state=CatalogImport.State.DONE, data_set=F("pk")).order_by("-pk")

    def uploaded_and_owed(self) -> "CatalogImportQuerySet":
        """Those of uploads that are not ended, in the order in which they were started."""
        owed = [CatalogImport.State.READING, CatalogImport.State.WRITING]
        return self.filter(state__in=owed, uploads__isnull=False).distinct().order_by("pk")


class CatalogImport(FileImport):
    """One import of catalog files; its account also has every candidate of a co-buy."""

    data_set = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="imports",
        help_text="the first import of the same files and options, often itself; what both bring belongs to it",
    )  # fmt: skip
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        help_text="who started it in the browser; empty: a command did",
    )  # fmt: skip
    name = models.CharField(max_length=60, blank=True, db_default="", help_text="what people call the data set")
    archived_at = models.DateTimeField(null=True, blank=True, help_text="out of the lists; nothing else changes")

    objects = CatalogImportQuerySet.as_manager()

    def __str__(self) -> str:
        return f"import {self.pk} ({self.name or self.format})"

    @property
    def title(self) -> str:
        return self.name or f"Import {self.pk}"


class ProductAgain(models.Model):
    """A product that belongs to a further data set than that of its first import."""

    data_set = models.ForeignKey(CatalogImport, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="+", db_constraint=False, db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["data_set", "product"], name="product_again_once")]

    def __str__(self) -> str:
        return f"{self.data_set_id}: {self.product_id}"


class CoBuyAgain(models.Model):
    """A co-buy that belongs to a further data set than that of its first import."""

    data_set = models.ForeignKey(CatalogImport, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    cobuy = models.ForeignKey(CoBuy, models.CASCADE, related_name="+", db_constraint=False, db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["data_set", "cobuy"], name="cobuy_again_once")]

    def __str__(self) -> str:
        return f"{self.data_set_id}: {self.cobuy_id}"


class OwedIndex(models.Model):
    """An index that a large import has set aside: to be made when the tables are complete, by whoever comes first."""

    definition = models.TextField(unique=True)

    class Meta:
        verbose_name_plural = "owed indexes"

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.definition.split(" IF NOT EXISTS ")[1].split()[0]
