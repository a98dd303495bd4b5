"""Openings that would tell people which run wrote a text: common in one run, rare in the others. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence

FEWEST_TEXTS = 20  # of a run: of fewer a shared opening may be chance
SHORTEST, LONGEST = 2, 12  # words
COMMON, TIMES_RARER = 0.2, 4
LEFT_OVER = 4  # words that a text keeps at least


def telling_openings(texts: Mapping[str, Sequence[str]]) -> list[str]:
    """Of each run those that a fifth of its texts share, and four times as large a share as of any other run's.

    The longest first.
    """
    shares = {run: _shares(of_run) for run, of_run in texts.items() if len(of_run) >= FEWEST_TEXTS}
    found = {
        opening
        for run, own in shares.items()
        for opening, share in own.items()
        if all(share >= TIMES_RARER * other.get(opening, 0) for name, other in shares.items() if name != run)
    }
    return sorted(found, key=lambda opening: (-len(opening.split()), opening)) if len(shares) > 1 else []


def without_opening(text: str, openings: Sequence[str]) -> str:
    """The text as people see it: cut after the opening, and with a capital letter."""
    words = text.split()
    for opening in openings:
        n = len(opening.split())
        if _opening(words, n) == opening and len(words) - n >= LEFT_OVER:
            rest = " ".join(words[n:]).lstrip(",;:–- ")
            return rest[:1].upper() + rest[1:]
    return text.strip()


def _shares(texts: Sequence[str]) -> dict[str, float]:
    counts = Counter(
        _opening(words, n)
        for words in map(str.split, texts)
        for n in range(SHORTEST, min(LONGEST, len(words) - LEFT_OVER) + 1)
    )
    return {opening: n / len(texts) for opening, n in counts.items() if n >= COMMON * len(texts)}


def _opening(words: Sequence[str], n: int) -> str:
    return " ".join(words[:n]).casefold()
