"""Which pictures a data set has now, and why others are missing: with some products of each reason."""

from dataclasses import dataclass

from django.db.models import Count, Max, Min, Q, QuerySet

from common.cached import cached
from distillation.models import CatalogImport, Product, ProductAgain

REASONS = 12
KEPT_SECONDS = 30  # of a million products it takes a second
NOT_YET = "not fetched yet"


@dataclass(frozen=True, slots=True)
class Reason:
    words: str
    count: int
    examples: list[Product]


@dataclass(frozen=True, slots=True)
class Missing:
    products: int
    with_picture: int
    reasons: list[Reason]  # the most frequent first

    @property
    def none_came(self) -> bool:
        """Of products that have all been tried."""
        return bool(self.products) and not self.with_picture and all(each.words != NOT_YET for each in self.reasons)


def pictures_missing(row: CatalogImport) -> Missing | None:
    """None for an import from before its products were kept by import."""
    if row.data_set_id is None:
        return None
    return cached(f"missing-{row.data_set_id}-{row.state}", lambda: _missing(_products(row)), KEPT_SECONDS)


def _products(row: CatalogImport) -> QuerySet[Product]:
    imports = CatalogImport.objects.filter(data_set=row.data_set_id).values("pk")
    again = ProductAgain.objects.filter(data_set=row.data_set_id).values("product")
    return Product.objects.filter(Q(first_import__in=imports) | Q(pk__in=again))


def _missing(products: QuerySet[Product]) -> Missing:
    lacking = products.filter(picture=None).values("picture_problem")
    found = list(lacking.annotate(n=Count("pk"), first=Min("pk"), last=Max("pk")).order_by("-n", "picture_problem"))
    shown = Product.objects.in_bulk({each[end] for each in found[:REASONS] for end in ("first", "last")})
    reasons = [
        Reason(each["picture_problem"], each["n"], [shown[pk] for pk in sorted({each["first"], each["last"]})])
        for each in found[:REASONS]
    ]
    with_picture = products.filter(picture__isnull=False).count()
    return Missing(with_picture + sum(each["n"] for each in found), with_picture, reasons)
