"""A question of choice by rules: the option with most words of the question, the first of several."""

from __future__ import annotations

import re
from collections.abc import Sequence

WORDS = re.compile(r"[a-z]{3,}")


def likest(stem: str, options: Sequence[tuple[str, str]]) -> str:
    """Its letter."""
    asked = set(WORDS.findall(stem.lower()))
    shared = [len(asked & set(WORDS.findall(text.lower()))) for _, text in options]
    return options[shared.index(max(shared))][0]
