"""Titles and identifiers as shops write them, made plain."""

import html
import re

# Invisible signs that change how a text is compared or in which direction it reads. White space is not among them,
# and neither are joiners, which some scripts need.
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b\u202a-\u202e\u2066-\u2069\ufeff]")
_ASIN = re.compile(r"[A-Za-z0-9_-]{1,32}")


def clean_text(raw: str) -> str:
    """Entities decoded (shops encode some twice), invisible signs dropped, white space folded."""
    return " ".join(_INVISIBLE.sub("", html.unescape(html.unescape(raw))).split())


def is_asin(text: str) -> bool:
    """Amazon's have 9 or 10 capitals and digits; other shops' identifiers are welcome up to 32 signs."""
    return _ASIN.fullmatch(text) is not None
