"""What became of every row, product and picture of an import; each group of figures adds up to its first."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class CatalogAccount:
    product_rows: int = 0
    products_new: int = 0
    products_updated: int = 0
    products_unchanged: int = 0
    products_repeated: int = 0

    products: int = 0
    pictures_stored: int = 0
    pictures_already_stored: int = 0
    pictures_missing: int = 0
    pictures_bad: dict[str, int] = field(default_factory=dict)

    cobuy_rows: int = 0
    cobuys_new: int = 0
    cobuys_already_stored: int = 0
    cobuys_repeated: int = 0

    cobuys_without_pictures: int = 0

    def lines(self) -> Iterator[str]:
        yield (
            f"Product rows: {self.product_rows:,} = {self.products_new:,} new + {self.products_updated:,} updated"
            f" + {self.products_unchanged:,} unchanged + {self.products_repeated:,} repeated"
        )
        yield (
            f"Pictures of {self.products:,} products: {self.pictures_stored:,} stored"
            f" + {self.pictures_already_stored:,} already there + {self.pictures_missing:,} without one"
            f" + {sum(self.pictures_bad.values()):,} bad"
        )
        for reason, count in sorted(self.pictures_bad.items(), key=lambda item: -item[1]):
            yield f"  bad: {count:,} x {reason}"
        yield (
            f"Co-buy rows: {self.cobuy_rows:,} = {self.cobuys_new:,} new + {self.cobuys_already_stored:,} already there"
            f" + {self.cobuys_repeated:,} repeated"
        )
        if self.cobuys_without_pictures:
            yield f"Co-buys left out of runs with pictures, for want of one: {self.cobuys_without_pictures:,}"
