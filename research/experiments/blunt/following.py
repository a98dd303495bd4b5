"""Pure: does an intention speak of its products' titles, of the pictures that were shown, of both or of neither?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from stats.estimate import Estimate
from stats.sample import sample_of

Follows = Literal["title", "picture", "both", "neither"]
KINDS: tuple[Follows, ...] = ("title", "picture", "both", "neither")
SHORTEST = 4  # letters: shorter words say little of a product
_COMMON = (
    "about also because both buying could customer from have into item items like make more need other "
    "pair person product products purchase such that their them they these this those together used using "
    "want wants well when which will with would your pack size inch color colour black white"
)
COMMON = frozenset(_COMMON.split())
NO_INTENTIONS = "no intention was shown another product's picture"


@dataclass(frozen=True, slots=True)
class Told:
    """One intention: its text, what its products are called, and what the products in the pictures are called."""

    cobuy: int
    text: str
    titles: str
    shown: str


def words(text: str) -> frozenset[str]:
    """Content words, cut so that plurals meet."""
    found = (word.rstrip("s") for word in re.findall(r"[^\W\d_]+", text.casefold()))
    return frozenset(word for word in found if len(word) >= SHORTEST and word not in COMMON)


def follows(told: Told) -> Follows:
    """By words that only the titles, or only the shown products' titles, have."""
    text, titles, shown = words(told.text), words(told.titles), words(told.shown)
    by_title, by_picture = bool(text & (titles - shown)), bool(text & (shown - titles))
    if by_title and by_picture:
        return "both"
    return "title" if by_title else "picture" if by_picture else "neither"


def following(intentions: Iterable[Told]) -> dict[Follows, Estimate]:
    """The share of each kind, with co-buys as sampling units."""
    rows: Sequence[Told] = list(intentions)
    kinds = np.array([follows(told) for told in rows])
    sample = sample_of(len(rows), clusters=[told.cobuy for told in rows])
    return {kind: sample.ratio((kinds == kind).astype(float), np.ones(len(rows)), NO_INTENTIONS) for kind in KINDS}
