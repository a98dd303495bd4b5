"""Articles, plurals and lists in English."""

from __future__ import annotations

import re
from collections.abc import Sequence

VOWEL_LETTER_NAMES = "AEFHILMNORSX"
SAID_AS_WORDS = ("NASA", "RAM", "SIM", "LAN", "RAID", "REAL")
SOUNDS_LIKE_CONSONANT = re.compile(r"(?:uni|use|usb|euro|one\b|ukulele)", re.IGNORECASE)
SOUNDS_LIKE_VOWEL = re.compile(r"(?:hour|honest|heir|8|11\b|18\b)", re.IGNORECASE)


def a(phrase: str) -> str:
    """The phrase with its indefinite article, by sound: a USB cable, an HDMI cable, an hour."""
    first = phrase.split(maxsplit=1)[0].strip("“\"'")
    spelt_out = first.isupper() and 1 < len(first) <= 4 and first not in SAID_AS_WORDS
    if SOUNDS_LIKE_CONSONANT.match(first):
        vowel = False
    elif SOUNDS_LIKE_VOWEL.match(first):
        vowel = True
    else:
        vowel = first[:1] in VOWEL_LETTER_NAMES if spelt_out else first[:1].lower() in "aeiou"
    return f"{'an' if vowel else 'a'} {phrase}"


def plural(noun: str) -> str:
    if re.search(r"(?:s|x|z|ch|sh)$", noun):
        return noun if noun.endswith("s") and not noun.endswith("ss") else noun + "es"
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + "s"


def listed(words: Sequence[str]) -> str:
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)
