"""Which arm a unit is shown: a shop can ask, or compute it by itself from the salt. Standard library only.

The first 8 bytes of SHA-256 over "salt:unit" in UTF-8, read as a big-endian number of 64 bits, times the sum of the
weights, shifted right by 64 bits, is a point from 0 to the sum. The arm is the first, in the order of the arms, whose
weights so far are over the point.
"""

from collections.abc import Sequence
from hashlib import sha256
from itertools import accumulate


def assigned(salt: str, unit: str, weights: Sequence[int]) -> int:
    """The arm's place, from 0."""
    number = int.from_bytes(sha256(f"{salt}:{unit}".encode()).digest()[:8], "big")
    point = number * sum(weights) >> 64
    return next(place for place, reached in enumerate(accumulate(weights)) if reached > point)
