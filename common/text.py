"""Which signs of a text stay: one rule for what the model reads, people judge and files hold.

Spelled out as ranges, not asked of a Unicode table, so that every Python keeps the same signs, those that are newer
than its table among them.
"""

import re

# Controls (white space is folded, not dropped), zero-width space and byte order mark, overrides and isolates that turn
# the direction of what follows, and halves of surrogate pairs, which no database stores.
_DROPPED = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\ufeff\u202a-\u202e\u2066-\u2069\ud800-\udfff"
# Tag signs spell which flag a black flag is; anywhere else they hide a text from people that a model reads.
_FLAG = "\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"
_HIDDEN = re.compile(f"({_FLAG})|[{_DROPPED}\U000e0000-\U000e007f]")

# What ends a sentence: of Unicode's Sentence_Terminal those in use, and the dots that mean more follows.
SENTENCE_ENDS = ".!?…‼‽⁇⁈⁉。！？．｡।॥؟۔܀܁܂։՜՞;።፧፨។៕။༎᙮᠃᠉᭚᭛꓿꘎꘏︒﹒﹖﹗"


def visible(text: str) -> str:
    """On one line, without what nobody sees; joiners stay, for some scripts and pictures need them."""
    told = " ".join(text.split())
    if told.isascii() and told.isprintable():
        return told
    return " ".join(_HIDDEN.sub(r"\1", text).split())
