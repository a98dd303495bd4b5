"""Which other product's picture is shown instead of a product's own."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from distillation.treatments.names import SWAPPED


def swaps(pictures: Mapping[int, str], partners: Mapping[int, set[int]]) -> dict[int, str]:
    """A digest for each product, from the digests of all: neither its own nor that of what it is bought with.

    The same products always get the same: all stand in a circle, in an order that their digests give, and each gets the
    next that will do. A product for which none will do is left out.
    """
    circle = sorted(set(pictures.values()), key=lambda digest: sha256(f"{SWAPPED} {digest}".encode()).digest())
    place = {digest: at for at, digest in enumerate(circle)}
    found = {}
    for product, own in pictures.items():
        barred = {own, *(pictures[other] for other in partners.get(product, ()) if other in pictures)}
        later = (circle[(place[own] + step) % len(circle)] for step in range(1, len(circle)))
        if other := next((digest for digest in later if digest not in barred), None):
            found[product] = other
    return found
