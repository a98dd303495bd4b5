"""A pair of products for trying a server out: two pictures of the sample that is shipped."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from distillation.pipeline.records import Image, PairRecord, ProductRecord

PICTURES = Path(__file__).parents[1] / "sample" / "img"
RELATION = "usedFor"
INTENTION = "They both are used for listening to music on the way to work."


@lru_cache(maxsize=1)
def trial_pair() -> PairRecord:
    return PairRecord(
        _product("TRIAL-A", "Wireless over-ear headphones, black", "headphones", "Black headphones with soft pads."),
        _product("TRIAL-B", "Smartphone with a 6.1 inch screen", "smartphone", "A slim phone with a large screen."),
    )


def _product(asin: str, title: str, picture: str, feature: str) -> ProductRecord:
    jpeg = (PICTURES / f"{picture}.jpg").read_bytes()
    return ProductRecord(asin, title, picture=Image(sha256(jpeg).hexdigest(), jpeg), feature=feature)
