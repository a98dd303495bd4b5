"""What a benchmark asks is not taught: its pairs of products, its products on wish, the texts of its options."""

import html
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

ASIN_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Excluded:
    """A product is a benchmark's by its ASIN, of ten signs, or by its title."""

    name: str
    digest: str
    pairs: frozenset[frozenset[str]]
    by_title: Mapping[str, frozenset[str]]
    asins: frozenset[str]
    texts: frozenset[str]
    products_too: bool = False

    @classmethod
    def of(
        cls,
        name: str,
        digest: str,
        pairs: Iterable[tuple[tuple[str, str], tuple[str, str]]],
        options: Iterable[str],
        *,
        products_too: bool = False,
    ) -> "Excluded":
        """`pairs` of (ASIN, title)."""
        both, by_title = set(), defaultdict(set)
        for pair in pairs:
            both.add(frozenset(padded(asin) for asin, _ in pair))
            for asin, title in pair:
                if plain_title(title):
                    by_title[plain_title(title)].add(padded(asin))
        return cls(
            name, digest, frozenset(both), {title: frozenset(asins) for title, asins in by_title.items()},
            frozenset().union(*both), frozenset(filter(None, map(reason, options))), products_too,
        )  # fmt: skip

    def why(self, row: Mapping[str, Any]) -> str:
        """Why it leaves a row out; empty where it does not."""
        a, b = (self._products(row[f"asin_{side}"], row[f"title_{side}"]) for side in "ab")
        if any(frozenset((x, y)) in self.pairs for x in a for y in b):
            return f"{self.name}: the pair is in the benchmark"
        if self.products_too and (a or b):
            return f"{self.name}: a product is in the benchmark"
        if reason(row["intention"]) in self.texts:
            return f"{self.name}: the text is an option of the benchmark"
        return ""

    def _products(self, asin: str, title: str) -> frozenset[str]:
        of_title = self.by_title.get(plain_title(title), frozenset())
        return of_title | ({padded(asin)} & self.asins)

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name, "sha256": self.digest, "pairs": len(self.pairs), "products": len(self.asins),
            "option_texts": len(self.texts), "products_excluded_too": self.products_too,
        }  # fmt: skip


def padded(asin: str) -> str:
    """Tables lose the zeros in front of an id of digits."""
    return asin.strip().zfill(ASIN_LENGTH)


@lru_cache(maxsize=256)  # asked for with each of a co-buy's intentions
def plain_title(title: str) -> str:
    return " ".join(html.unescape(title).casefold().split())


def reason(text: str) -> str:
    """What follows "because", without upper case and signs at the ends: however a text begins."""
    told = " ".join(html.unescape(text).casefold().split())
    return told.partition("because ")[2].strip(" .\"'") or told.strip(" .\"'")
