"""Would the customer buy both? A sum of a few visible reasons, in log-odds."""

from __future__ import annotations

import math
from dataclasses import dataclass

from distillation.lvlm.baseline.english import listed
from distillation.lvlm.baseline.pixels import Look
from distillation.lvlm.baseline.titles import Reading, content_words

# Share of Yes by relation; open and distinctFrom as measured on the method's published verdicts.
DEFAULT_RATE = 0.44
RATES = {"open": 0.62, "distinctFrom": 0.25, "usedFor": 0.55, "relatedTo": 0.5, "createdBy": 0.35, "symbolOf": 0.38}
LOWEST, HIGHEST = 0.05, 0.95
CHILDREN = {"girls", "boys", "children"}
CENTRE = 1.1  # what two products that were bought together score on average, so that rates stay near RATES


@dataclass(frozen=True, slots=True)
class Weight:
    value: float
    reason: str


def judge_pair(
    one: Reading, other: Reading, looks: tuple[Look | None, Look | None], relation: str, text: str
) -> tuple[float, str]:
    """The probability of yes, and the weightiest reason on that side in the customer's voice."""
    weights = _weights(one, other, looks, text)
    rate = RATES.get(relation, DEFAULT_RATE)
    score = math.log(rate / (1 - rate)) + sum(weight.value for weight in weights) - CENTRE
    p_yes = min(HIGHEST, max(LOWEST, 1 / (1 + math.exp(-score))))
    yes = p_yes >= 0.5
    on_side = [weight for weight in weights if (weight.value > 0) == yes and weight.value]
    fallback = "they fit what I have in mind" if yes else "that is not reason enough for me to buy both"
    best = max(on_side, key=lambda weight: abs(weight.value)).reason if on_side else fallback
    return p_yes, f"{'Yes' if yes else 'No'}, because {best}."


def _weights(one: Reading, other: Reading, looks: tuple[Look | None, Look | None], text: str) -> list[Weight]:
    return [_words(one, other), _use(one, other), _audience(one, other), _colours(looks), _said(one, other, text)]


def _words(one: Reading, other: Reading) -> Weight:
    shared = one.words & other.words
    overlap = len(shared) / max(1, min(len(one.words), len(other.words)))
    named = listed([f"“{word}”" for word in sorted(shared, key=lambda word: (-len(word), word))[:2]])
    if overlap >= 0.8:
        return Weight(-0.6, "the two are almost the same and one of them is enough for me")
    return Weight(2.2 * overlap, f"both speak of {named}, which is what I am after") if shared else Weight(0, "")


def _use(one: Reading, other: Reading) -> Weight:
    if not one.kind or not other.kind:
        return Weight(-0.2, "I can't see what the two would do together for me")
    if one.kind is other.kind:
        return Weight(0.5, f"I can use more than one of these for {one.group.acting}")
    if one.group is other.group:
        return Weight(1.0, f"I need both for {one.group.acting}")
    return Weight(-0.7, f"I would want one for {one.group.acting}, but the other is for {other.group.acting}")


def _audience(one: Reading, other: Reading) -> Weight:
    pair = {one.audience, other.audience}
    if "" in pair:
        return Weight(0, "")
    if len(pair) == 1:
        return Weight(0.4, f"both are made for {one.audience}, so they suit the same person")
    alike = "children" in pair and pair <= CHILDREN
    return Weight(0 if alike else -0.8, f"one is made for {one.audience} and the other for {other.audience}")


def _colours(looks: tuple[Look | None, Look | None]) -> Weight:
    one, other = looks
    if not one or not other:
        return Weight(0, "")
    shared = [colour for colour in one.colours if colour in other.colours]
    if shared:
        return Weight(0.3, f"both come in {shared[0]} and would look good together")
    return Weight(-0.3, f"one is {one.colours[0]} and the other {other.colours[0]}, and they do not match")


def _said(one: Reading, other: Reading, text: str) -> Weight:
    """Half a point either way by how many of the intention's words come from the products."""
    said = content_words(text)
    share = len(said & (one.words | other.words)) / max(1, len(said))
    if share >= 0.25:
        return Weight(share, "the intention speaks of just these products")
    return Weight(2 * share - 0.5, "the intention would fit many other products just as well")
