"""Who bought what, and when: by a number for each buyer, from which nobody is found again without the key."""

import secrets

from django.db import models

from distillation.models.catalog import Product
from distillation.models.imports import FileImport


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


class PurchaseImport(FileImport):
    """One import of reviews or purchases."""

    def __str__(self) -> str:
        return f"purchases {self.pk} ({self.format})"
