"""Whether a text is in another language than English: by its script, or by the small words that every sentence has."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

WORD = re.compile(r"[^\W\d_]+")
ASCII_WORD = re.compile(r"[a-z]+")  # the same in a text of ASCII, and several times as fast
LATIN_ENDS = "ɏ"
_WORDS = {
    name: frozenset(words.split())
    for name, words in tomllib.loads(Path(__file__).with_name("languages.toml").read_text(encoding="utf-8")).items()
}
ENGLISH, ANSWERS = _WORDS.pop("english"), _WORDS.pop("answers")
OTHERS = frozenset().union(*_WORDS.values())


def other_language(text: str) -> bool:
    words = (ASCII_WORD if text.isascii() else WORD).findall(text.lower())
    if not text.isascii():
        letters = "".join(words)
        if 2 * sum(char > LATIN_ENDS for char in letters) > len(letters):
            return True
    others = sum(map(OTHERS.__contains__, words))
    return others >= 2 and others > 2 * sum(map(ENGLISH.__contains__, words))


def answers_otherwise(text: str) -> bool:
    """A yes or no, or a sentence, that is not English."""
    first = WORD.search(text.lower())
    return bool(first and first[0] in ANSWERS) or other_language(text)
