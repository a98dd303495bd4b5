"""What can be read from a title's words alone."""

from __future__ import annotations

import html
import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from distillation.lvlm.baseline.lexicon import Group, Kind, groups, kinds
from distillation.pipeline.text import clean, shorten

WORDS = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
MATERIALS, COLOURS, USES = WORDS["materials"], WORDS["colours"], WORDS["uses"]
AUDIENCES = {
    "women": r"wom[ae]n(?:'?s)?|lad(?:y|ies)(?:'?s)?|female", "men": r"m[ae]n(?:'?s)?|gentlem[ae]n(?:'?s)?",
    "girls": r"girls?(?:'?s)?", "boys": r"boys?(?:'?s)?",
    "children": r"kids?(?:'?s)?|child(?:ren)?(?:'?s)?|toddlers?(?:'?s)?|baby|infants?",
}  # fmt: skip
# Connectors are male and female too: only clothing and jewelry have an audience.
WORN = ("jewelry", "watches", "costumes", "clothing", "shoes", "bags", "eyewear")
LEAD_ENDS = re.compile(
    r"[,(\[|;]| - | – |\s+(?:for|with|w/|compatible|fits?|by|from|in|featuring|made)\s+", re.IGNORECASE
)
WORD = re.compile(r"[A-Za-z0-9][\w'’.+-]*")
SIZE = re.compile(
    r"\b\d+(?:\.\d+)?[ -]?(?:inch(?:es)?|ft|feet|foot|mm|cm|meters?|gb|tb|mah|watts?|pack|pcs|pieces?)\b", re.IGNORECASE
)
PLAIN, GENERIC, NAMES = (frozenset(WORDS[name]) for name in ("plain", "generic", "names"))
BREAKS = PLAIN | frozenset(WORDS["breaks"])


@dataclass(frozen=True, slots=True)
class Reading:
    """label: the product in a few words, without an article; named: the label is a quotation of the title."""

    label: str
    named: bool
    kind: Kind | None
    brand: str
    materials: tuple[str, ...]
    colours: tuple[str, ...]
    sizes: tuple[str, ...]
    uses: tuple[str, ...]
    audience: str
    words: frozenset[str]

    @property
    def group(self) -> Group:
        return self.kind.group if self.kind else groups()["general"]


@lru_cache(maxsize=4096)
def read_title(title: str) -> Reading:
    title = clean(html.unescape(title))
    words = WORD.findall(title)
    brand = _brand(words)
    kind, label = _kind(title, brand)
    return Reading(
        label=label or f"“{_lead(title)}”",
        named=not label,
        kind=kind,
        brand=brand,
        materials=_materials(title),
        colours=tuple(colour for colour in COLOURS if _has(title, colour)),
        sizes=tuple({re.sub("[ -]", "", size).lower(): size for size in SIZE.findall(title)}.values())[:2],
        uses=tuple(use for use in USES if _has(title, use)),
        audience=_audience(title, kind),
        words=content_words(title),
    )


def content_words(text: str) -> frozenset[str]:
    words = (word.lower().removesuffix("'s").removesuffix("’s").strip(".'-") for word in WORD.findall(text))
    return frozenset(_stem(word) for word in words if len(word) > 2 and word not in PLAIN and not word[0].isdigit())


def _stem(word: str) -> str:
    return word[:-1] if re.search("[^saiu]s$", word) and len(word) > 3 else word


def _kind(title: str, brand: str) -> tuple[Kind | None, str]:
    """The last kind of the first part of the title that names one: the head of an English noun phrase."""
    for part in LEAD_ENDS.split(title):
        words = part.replace("/", " ").split()
        plain = [word.lower().strip("\"'.:!*") for word in words]
        for end in range(len(words), 0, -1):
            for start in range(max(0, end - 3), end):
                kind = kinds().get(tuple(plain[start:end]))
                if kind:
                    return kind, " ".join((*_modifiers(words[:start], brand), kind.noun))
    return None, ""


def _modifiers(before: list[str], brand: str) -> list[str]:
    """Up to two words before the noun, as they stand in the title."""
    taken: list[str] = []
    for word in reversed(before[-2:]):
        bare = word.strip("\"'.:!*")
        if not re.fullmatch(r"[A-Za-z][A-Za-z.-]+|3D", bare) or bare.lower() in BREAKS:
            break
        taken.insert(0, _cased(bare, brand))
    return taken


def _cased(word: str, brand: str) -> str:
    abbreviation = word.isupper() and len(word) <= 4
    inner_capital = re.search(r"[a-z][A-Z]", word) is not None
    return word if abbreviation or inner_capital or word == brand or word.lower() in NAMES else word.lower()


def _brand(words: list[str]) -> str:
    first = words[0] if words else ""
    known = BREAKS | GENERIC | set(COLOURS) | set(USES) | {word for phrase in MATERIALS for word in phrase.split()}
    is_name = re.fullmatch(r"[A-Z][A-Za-z'’.&-]{2,}", first) and first.lower() not in known
    if not is_name or (first.lower(),) in kinds() or _audience(first, None, anywhere=True):
        return ""
    return first


def _lead(title: str) -> str:
    return shorten(LEAD_ENDS.split(title, maxsplit=1)[0].strip() or title, 60)


def _materials(title: str) -> tuple[str, ...]:
    found: list[str] = []
    for material in MATERIALS:
        if _has(title, material) and not any(material in other.split() for other in found):
            found.append(material)
    return tuple(found[:2])


def _audience(title: str, kind: Kind | None, *, anywhere: bool = False) -> str:
    if not anywhere and not (kind and kind.group.name in WORN):
        return ""
    return next((name for name, words in AUDIENCES.items() if re.search(rf"\b(?:{words})\b", title, re.IGNORECASE)), "")


def _has(title: str, phrase: str) -> bool:
    return re.search(rf"\b{phrase}\b", title, re.IGNORECASE) is not None
