"""The built-in knowledge, read once from lexicon.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from distillation.lvlm.baseline.english import plural


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    field: str
    things: str
    act: str
    acting: str
    want: str
    place: str
    whole: str
    material: str
    has: str
    property: str
    symbol: str
    roots: str
    defined: str
    manner: str
    result: str
    person: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of product; `pair` for nouns without a singular, such as earrings."""

    noun: str
    group: Group
    pair: bool = False

    @property
    def plural(self) -> str:
        return self.noun if self.pair else plural(self.noun)


@cache
def groups() -> dict[str, Group]:
    return {name: _group(name, table) for name, table in _tables().items()}


@cache
def kinds() -> dict[tuple[str, ...], Kind]:
    """Kinds by the words of their singular and plural."""
    found: dict[tuple[str, ...], Kind] = {}
    for name, table in _tables().items():
        for noun in table["kinds"]:
            kind = Kind(noun, groups()[name])
            found[tuple(noun.lower().split())] = found[tuple(kind.plural.lower().split())] = kind
        for noun in table["pairs"]:
            found[tuple(noun.lower().split())] = Kind(noun, groups()[name], pair=True)
    return found


@cache
def _tables() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("lexicon.toml").read_text(encoding="utf-8"))


def _group(name: str, table: dict[str, Any]) -> Group:
    return Group(name=name, **{key: text for key, text in table.items() if key not in ("kinds", "pairs")})
