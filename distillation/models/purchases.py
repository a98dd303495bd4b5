"""Who bought what, and when: by a number for each buyer, from which nobody is found again without the key."""

import secrets

from django.db import models
from django.db.models.functions import Now

from distillation.models.catalog import Product


def new_key() -> bytes:
    return secrets.token_bytes(32)


class BuyerKey(models.Model):
    """With it buyers are numbered, the same in every import into this database, and in no other."""

    key = models.BinaryField(default=new_key)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="buyer_key_once")]

    def __str__(self) -> str:
        return "the key of buyers"

    @classmethod
    def now(cls) -> bytes:
        return bytes(cls.objects.get_or_create(pk=1)[0].key)


class Purchase(models.Model):
    """One buyer, a customer or a basket, bought one product. Reviews stand for purchases at the time of the review."""

    buyer = models.BigIntegerField(help_text="keyed hash of the customer, else of the basket")
    product = models.ForeignKey(Product, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["buyer", "product", "at"], name="purchase_once")]
        indexes = [models.Index(fields=["product", "at"], include=["buyer"], name="purchase_of_product")]

    def __str__(self) -> str:
        return f"{self.buyer}: {self.product_id}, {self.at:%Y-%m-%d}"


class PurchaseImport(models.Model):
    """One import of reviews or purchases: how far it is, and what became of every line."""

    class State(models.TextChoices):
        READING = "reading", "reading"
        DONE = "done", "done"
        REFUSED = "refused", "refused"

    key = models.CharField(max_length=64, db_index=True, help_text="SHA-256 over files and options: who resumes what")
    format = models.CharField(max_length=20)
    sources = models.JSONField(help_text="file names and sizes")
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.READING)
    message = models.CharField(max_length=1000, blank=True)
    progress = models.JSONField(default=dict, help_text="file, line and offset that are read")
    account = models.JSONField(default=dict, help_text="counts by named reason; they add up")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"purchases {self.pk} ({self.format})"
