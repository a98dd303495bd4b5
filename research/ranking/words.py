"""Words of titles and intentions, the same for queries and documents."""

import re
from collections.abc import Iterable

# Of English, and of how intentions are written: they tell no product from another.
STOP = frozenset(
    """
    a an the of and or for to in on with by is are be was were because they both could can he she his her it its that
    this as at from so want wants wanted product products item items bought buy buys customer personx someone somebody
    result used use type kind them him will would which who while when also more most
    """.split()  # noqa: SIM905 - as a list it would fill a page
)
_WORD = re.compile(r"[a-z0-9]+")
LONG = 3


def words(text: str) -> list[str]:
    """Lower case, without a plural's s."""
    found = (word[:-1] if word.endswith("s") and len(word) > LONG else word for word in _WORD.findall(text.lower()))
    return [word for word in found if word not in STOP]


def only_in(text: str, partner: str, own: str) -> set[str]:
    """Words of the text that the partner's title has and the own title has not: by these it names the partner."""
    return set(words(text)) & (set(words(partner)) - set(words(own)))


def without(text: str, dropped: Iterable[str]) -> str:
    gone = set(dropped)
    return " ".join(word for word in words(text) if word not in gone)


def alike(first: frozenset[str], second: frozenset[str], least: float = 0.8) -> bool:
    """Near-identical titles: Jaccard's index of their words."""
    common = len(first & second)
    return common > 0 and common >= least * len(first | second)
