"""Text that goes into a prompt or comes out of a model, made harmless and tidy."""

from __future__ import annotations

import re

from common.text import SENTENCE_ENDS, visible

# Servers take these for special tokens wherever they stand, so a title could smuggle a picture in.
SPECIAL = re.compile(r"<\s*/?\s*(image|img|video|s)\s*/?\s*>|<\|\s*([^|<>]{0,40}?)\s*\|>", re.IGNORECASE)
CLOSING = "\"'”’»)]」』）"  # may follow what ends a sentence
TITLE_LENGTH = 300
PROSE_LENGTH = 4_000


def clean(text: str, limit: int = PROSE_LENGTH) -> str:
    """One line of printable text without special tokens, cut at a word."""
    told = visible(text)
    if "<" in told:  # hardly ever, and to look for tokens everywhere is most of the work
        told = " ".join(SPECIAL.sub(lambda found: f"({(found[1] or found[2] or 'token').lower()})", told).split())
    return shorten(told, limit)


def shorten(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut) + "…"


def sentence(text: str) -> str:
    """A capital first and a full stop last, whatever else it may be."""
    text = unquoted(text.strip(" *_`"))
    if not text:
        return ""
    has_end = text.rstrip(CLOSING)[-1:] in tuple(SENTENCE_ENDS)
    ended = text if has_end else text.rstrip(",;:-– ") + "."
    return ended[0].upper() + ended[1:]


def unquoted(text: str) -> str:
    """Without quotation marks around the whole."""
    inner = text[1:-1]
    around = len(text) > 1 and text[0] in "\"“'" and text[-1] in "\"”'" and not re.search('["“”]', inner)
    return inner.strip() if around else text
