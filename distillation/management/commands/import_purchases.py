from typing import Any

from distillation.management.purchasing import PurchaseCommand
from distillation.purchases.formats import OWN


class Command(PurchaseCommand):
    help = (
        "Import a shop's purchases: CSV with customer or basket, product, time; or co-buys with dates: "
        "asin_a, asin_b, time. Customers and baskets are kept as keyed hashes only."
    )

    def handle(self, **options: Any) -> None:
        self.imported(options, format=OWN.name)
