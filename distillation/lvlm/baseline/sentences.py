"""Descriptions and intentions as sentences, one small rule a relation."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from distillation.lvlm.baseline.english import a, listed, plural
from distillation.lvlm.baseline.lexicon import Group
from distillation.lvlm.baseline.pixels import Look
from distillation.lvlm.baseline.titles import Reading
from distillation.pipeline.text import sentence


def describe_product(reading: Reading, look: Look | None) -> str:
    group = reading.group
    facts = [_what(reading), f"It belongs to the field of {group.field} and suits {group.person}"]
    if reading.kind and reading.kind.pair:
        facts[1] = f"They belong to the field of {group.field} and suit {group.person}"
    if reading.sizes:
        facts.append(f"The title gives the size as {listed(reading.sizes)}")
    if reading.uses:
        facts.append(f"It speaks of {listed(reading.uses[:3])}")
    if look:
        facts.append(f"The picture shows a mostly {listed(look.colours)} product of {look.shape} shape")
    return " ".join(sentence(fact) for fact in facts)


def _what(reading: Reading) -> str:
    if reading.named:
        return f"This is a product called {reading.label}"
    these = reading.kind is not None and reading.kind.pair
    materials = [material for material in reading.materials if not set(material.split()) & set(reading.label.split())]
    made = f" made of {listed(materials)}" if materials else ""
    by = f", perhaps by {reading.brand}" if reading.brand and reading.brand not in reading.label else ""
    audience = f" for {reading.audience}" if reading.audience else ""
    return f"{'These are ' + reading.label if these else 'This is ' + a(reading.label)}{made}{audience}{by}"


class Pair:
    """Two readings and the words in which a sentence may speak of both."""

    def __init__(self, one: Reading, other: Reading, *, seed: str) -> None:
        self.one, self.other = one, other
        self.g, self.h = one.group, other.group
        self.same_group = self.g is self.h
        self.same_kind = one.kind is not None and one.kind is other.kind
        self.both = self._both()
        self._turn = zlib.crc32(seed.encode())

    def _both(self) -> str:
        if self.one.label != self.other.label:
            return f"{self.name(self.one)} and {self.name(self.other)}"
        if self.one.named:
            return f"the two products called {self.one.label}"
        if self.one.kind and self.one.kind.pair:
            return f"the two pairs of {self.one.label}"
        return f"the two {plural(self.one.label)}"

    def name(self, reading: Reading) -> str:
        return reading.label if reading.named else f"the {reading.label}"

    def joint(self, get: Callable[[Group], str]) -> str:
        """The group's words, or those of both groups."""
        return get(self.g) if self.same_group else f"{get(self.g)} and {get(self.h)}"

    def pick(self, *options: str) -> str:
        return options[self._turn % len(options)]

    @property
    def shared_materials(self) -> list[str]:
        return [material for material in self.one.materials if material in self.other.materials]

    @property
    def shared_colour(self) -> str:
        return next((colour for colour in self.one.colours if colour in self.other.colours), "")


def _related(p: Pair) -> str:
    why = p.pick("so one order covers the whole need", "which is on the mind of the customer")
    return f"{p.both} are both related to {p.joint(lambda g: g.field)}, {why}"


def _is_a(p: Pair) -> str:
    if p.same_kind:
        return f"{p.both} are both a type of {_noun(p.one)}, and a second one gives a choice {p.g.place}"
    if p.same_group:
        return f"{p.both} are both {p.g.things}, and the customer wants {p.g.want}"
    return f"{p.both} are a type of {_noun(p.one)} and a type of {_noun(p.other)}, and the customer needs one of each"


def _part_of(p: Pair) -> str:
    if p.same_group:
        return f"{p.both} are both part of {p.g.whole}, which the customer is putting together"
    return f"{p.both} are part of one larger purchase, with something for {p.g.field} and something for {p.h.field}"


def _made_of(p: Pair) -> str:
    if p.shared_materials:
        return f"{p.both} are both made of {listed(p.shared_materials)}, so they match when they are used together"
    if p.same_group:
        return f"{p.both} are both made of {p.g.material}, which suits {p.g.acting}"
    return f"{p.both} are made of {p.g.material} in one case and {p.h.material} in the other, each fit for its use"


def _similar(p: Pair) -> str:
    colour = f" in {p.shared_colour}" if p.shared_colour else ""
    if p.same_kind:
        return f"{p.both} are similar to each other as {plural(_noun(p.one))}{colour}, and either can replace the other"
    if p.same_group:
        return f"{p.both} are similar to other {p.g.things}{colour} that the customer already likes"
    return f"{p.both} are similar to each other only in that both offer {p.g.has} or {p.h.has}"


def _created(p: Pair) -> str:
    if p.one.brand and p.one.brand == p.other.brand:
        return f"{p.both} are both created by {p.one.brand}, a maker that the customer trusts"
    return f"{p.both} are created by makers who know about {p.joint(lambda g: g.field)}"


def _has(p: Pair) -> str:
    return f"{p.both} have {p.joint(lambda g: g.has)}, which is what the customer looks for"


def _property(p: Pair) -> str:
    return f"{p.both} have the property of {p.joint(lambda g: g.property)}, which matters {p.g.place}"


def _distinct(p: Pair) -> str:
    if p.same_kind:
        return f"{p.both} are distinct from each other as {plural(_noun(p.one))}, so each fits another occasion"
    if p.same_group:
        return f"{p.both} are distinct from each other, but both have to do with {p.g.field} and complete one another"
    return f"{p.both} are distinct from each other: the one is for {p.g.acting}, the other for {p.h.acting}"


def _used_for(p: Pair) -> str:
    where = p.pick(f" {p.g.place}", "")
    if p.same_group:
        return f"{p.both} are both used for {p.g.acting}{where}"
    return f"{p.both} are used for {p.g.acting} and for {p.h.acting}"


def _can(p: Pair) -> str:
    if p.same_group:
        return f"{p.both} can both {p.g.act}, which the customer needs {p.g.place}"
    return f"{p.both} can help on the same day: the one can {p.g.act}, and the other can {p.h.act}"


def _capable(p: Pair) -> str:
    if p.same_group:
        return f"{p.both} are both capable of helping with {p.g.acting}, and together they serve {p.g.person}"
    return f"{p.both} are capable of helping with {p.g.acting} and with {p.h.acting}"


def _defined(p: Pair) -> str:
    return f"{p.both} are defined as {p.joint(lambda g: g.defined)}, and the customer was looking for just that"


def _symbol(p: Pair) -> str:
    why = p.pick("which the customer likes to show", "which makes them a good present")
    return f"{p.both} are a symbol of {p.joint(lambda g: g.symbol)}, {why}"


def _manner(p: Pair) -> str:
    if p.same_group:
        return f"{p.both} are both a manner of {p.g.manner}, and so serve {p.g.person}"
    return f"{p.both} are a manner of {p.g.manner} and of {p.h.manner}"


def _derive(p: Pair) -> str:
    return f"{p.both} are derived from {p.joint(lambda g: g.roots)}, which appeals to {p.g.person}"


def _effect(p: Pair) -> str:
    return f"As a result of buying {p.both}, customers will {p.joint(lambda g: g.result)}"


def _cause(p: Pair) -> str:
    wants = p.g.want if p.same_group else f"{p.g.want} and also wants {p.h.want}"
    return f"The customer wants {wants}, and {p.both} {p.pick('bring that about', 'help with it')}"


def _motivated(p: Pair) -> str:
    wishes = [want if want.startswith("to ") else f"for {want}" for want in dict.fromkeys((p.g.want, p.h.want))]
    return f"Buying {p.both} was motivated by the wish {' and '.join(wishes)}"


def _open(p: Pair) -> str:
    if p.same_group:
        return f"The customer is {p.g.person} and needs {p.both} for {p.g.acting} {p.g.place}"
    return f"The customer needs {p.name(p.one)} for {p.g.acting} and adds {p.name(p.other)} for {p.h.acting}"


def _noun(reading: Reading) -> str:
    return reading.kind.noun if reading.kind else "article for everyday use"


RULES: dict[str, Callable[[Pair], str]] = {
    "relatedTo": _related,
    "isA": _is_a,
    "partOf": _part_of,
    "madeOf": _made_of,
    "similarTo": _similar,
    "createdBy": _created,
    "hasA": _has,
    "propertyOf": _property,
    "distinctFrom": _distinct,
    "usedFor": _used_for,
    "can": _can,
    "capableOf": _capable,
    "definedAs": _defined,
    "symbolOf": _symbol,
    "mannerOf": _manner,
    "deriveFrom": _derive,
    "effect": _effect,
    "cause": _cause,
    "motivatedBy": _motivated,
    "open": _open,
}


def intention(one: Reading, other: Reading, relation: str, *, seed: str) -> str:
    return sentence(RULES[relation](Pair(one, other, seed=seed)))
