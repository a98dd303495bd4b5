"""Which letter a reply chooses: by the official rules, whatever they make of it, and by what the reply means."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from distillation.pipeline.markup import uncovered

UNREAD = " "
STEP = "STEP 2:"
SPOKEN = 4_000  # characters: what an answer says, it says at its beginning or its end

_LETTER = r"[\s\W]*?\b([A-H])\b(?!['’]\w)"
_SAID = re.compile(rf"(?i:answer|choice|option|choose|pick|select)(?i:\s+(?:is|would be|option))*\s*:?{_LETTER}")
_ALONE = re.compile(r"[\W_]*([A-Ha-h])[\W_]*\Z")
_FIRST = re.compile(r"[\s\W_]*([A-H])(?!['’]\w)(?:\s*\Z|\s*[.):\]*\"'’,;–—]|\s*-\s|\s*\n)")
_STANDING = re.compile(r"(?<![\w'’&])([A-H])(?![\w'’&])")
_ARTICLE = re.compile(r"A\s+(?!(?:because|as|since|is|and|or)\b)[a-z]")
_NOT = re.compile(r"(?i)\b(?:not|neither|nor|none|cannot|wrong|incorrect|except|unlikely)\b|n['’]t\b")
_STEP = re.compile(r"(?i)\bstep\s*2\b[\s:.*)-]*")
_BOTH = re.compile(r"\W*(?:,|/|&|\band\b|\bor\b)\W*(?:(?:and|or)\W+)?([A-H])(?!\w)")


def strict(text: str, mode: str) -> str:
    """The official parsers: the first character, or what follows "Step 2:"; UNREAD where they find nothing."""
    told = text.strip().strip(".")
    if mode == "zero-shot":
        return told[:1].upper() or UNREAD
    told = told.upper()
    at = told.find(STEP)
    return (told[at + len(STEP) :].strip()[:1] if at >= 0 else "") or UNREAD


def lenient(text: str, options: Mapping[str, str], mode: str) -> str:
    """The letter that the reply means; UNREAD where it names several, or none. Nothing is guessed."""
    told = uncovered(text)
    if not isinstance(told, str):
        return UNREAD
    told = told.strip()
    told = told if len(told) <= 2 * SPOKEN else f"{told[:SPOKEN]}\n{told[-SPOKEN:]}"
    if mode != "zero-shot":
        steps = list(_STEP.finditer(told))
        if not steps:
            return _named(_said(told) or _alone(told), options) or UNREAD
        told = told[steps[-1].end() :]
    return _named(_alone(told) or _said(told) or _first(told) or _standing(told), options) or _repeated(told, options)


def voted(letters: Sequence[str]) -> str:
    """The most frequent, the earliest of several: as the official scoring takes it."""
    return Counter(letters).most_common(1)[0][0] if letters else UNREAD


def _named(found: set[str], options: Mapping[str, str]) -> str:
    letter = next(iter(found)) if len(found) == 1 else ""
    return letter if letter in options else UNREAD if found else ""


def _alone(told: str) -> set[str]:
    match = _ALONE.match(told)
    return {match[1].upper()} if match else set()


def _said(told: str) -> set[str]:
    return _with_others(told, (match for match in _SAID.finditer(told)))


def _first(told: str) -> set[str]:
    match = _FIRST.match(told)
    return _with_others(told, [match] if match else [])


def _standing(told: str) -> set[str]:
    return set() if _NOT.search(told) else _with_others(told, _STANDING.finditer(told))


def _with_others(told: str, matches: Iterable[re.Match[str]]) -> set[str]:
    """The letters, without articles, and those that are named in one breath with them."""
    found: set[str] = set()
    for match in matches:
        if _ARTICLE.match(told, match.start(1)):
            continue
        found.add(match[1])
        if other := _BOTH.match(told, match.end(1)):
            found.add(other[1])
    return found


def _repeated(told: str, options: Mapping[str, str]) -> str:
    """A reply that is one option's text and no other's."""
    said = _plain(told)
    same = [letter for letter, text in options.items() if said and _plain(text) == said]
    return same[0] if len(same) == 1 else UNREAD


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .\"'*")
