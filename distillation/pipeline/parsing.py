"""Replies to values. A reply that can't be parsed is a Failure with its reason."""

from __future__ import annotations

import re

from distillation.lvlm.base import Failure
from distillation.pipeline.markup import uncovered
from distillation.pipeline.records import VerdictValue
from distillation.pipeline.relations import LEAD, RELATIONS
from distillation.pipeline.text import clean, sentence, unquoted

ROLE = re.compile(
    r"^\W*(?:(?:my |the )?(?:final )?(?:assistant|answer|response|verdict|decision|intention|description"
    r"|purchase intention)(?:\s*\([^()]{0,40}\))?|yes\s*(?:/|or)\s*no)\s*\W*:\s*",
    re.IGNORECASE,
)
CHATTER = re.compile(
    r"^\W*(?:sure|certainly|of course|okay|ok|absolutely)(?: thing)?(?:[.!:,]+\s*|\s+(?=here\b))"
    r"|^\W*here (?:is|are|'s)\b[^.:\n]{0,120}:\s*"
    r"|^\W*as an ai(?: language| vision)?(?: model| assistant)?,?\s*",
    re.IGNORECASE,
)
FAREWELL = re.compile(
    r"\s*(?:let me know if|i hope (?:this|that)|feel free to|please let me)\b[^.!?]*[.!?]*\s*$", re.IGNORECASE
)
FAREWELLS = ("let me", "i hope", "feel free")  # one of these is in each of them
MARKS = "*_`#"
MARKUP = re.compile(r"(?<!\w)[*_`#]{1,3}|[*_`]{1,3}(?!\w)")
REFUSAL = re.compile(
    r"^\W*(?:i['’]?m sorry|i am sorry|sorry\b|i apologi[sz]e|unfortunately, i"
    r"|(?:as an ai[^.]*?,?\s*)?i(?:['’]m| am)? "
    r"(?:cannot|can['’]t|can not|unable to|not able to|do not have|don['’]t have))",
    re.IGNORECASE,
)
LEADS = re.compile(
    r"^\W*(?:they|the customers?|customers?|people|a customer|someone|i)\s+"
    r"(?:has |have |would |might |may |probably |likely )*"
    r"(?:bought|buy|buys|purchased|purchase|purchases)\s+(?:both|these two|the two|them both|them)"
    r"(?:\s+(?:products?|items?|of them))?(?:\s+together)?\s+(?:because|since|as)\b[\s,:…]*",
    re.IGNORECASE,
)
STARTS_SENTENCE = re.compile(
    r"(?:they|both|these|the (?:two|customer|person|buyer|products?|items?)"
    r"|a customer|customers|as a result|people|it)\b",
    re.IGNORECASE,
)
ANSWER = re.compile(
    r"^\W*(?:(?:my |the |final )*(?:answer|verdict|decision)(?: is| would be)?\W*)?"
    r"(yes|no)\b(?!\s+(?:and|or)\s+(?:yes|no)\b)(?!\s*/)(?![-'’]?\w)(?!\s+(?:doubt|one|matter|idea|problem|wonder)\b)",
    re.IGNORECASE,
)
BECAUSE = re.compile(r"because\s+", re.IGNORECASE)
WORD = re.compile(r"\w")
REASON_LABEL = re.compile(r"^(?:reason|explanation|why)\s*\W*:\s*", re.IGNORECASE)


def parse_description(text: str) -> str | Failure:
    told = _prose(text)
    return told if isinstance(told, Failure) else sentence(told)


def parse_intention(text: str, relation: str) -> str | Failure:
    """The lead is stripped; a bare continuation of the phrase gets its own beginning back."""
    told = _prose(text)
    if isinstance(told, Failure):
        return told
    body = _after(LEADS, told)
    if body == told:
        body = _after(BECAUSE, told)
    if not WORD.search(body):
        return Failure("empty", "Nothing stands after the phrase asked for.")
    tail = RELATIONS[relation].tail
    if tail and not re.match(r"\W*[A-Z]", body) and not STARTS_SENTENCE.match(body) and not _begins(body, tail):
        body = f"{tail} {body}"
    if _begins(body, tail) and not WORD.search(body, len(tail)) and tail:
        return Failure("empty", f"Nothing stands after {LEAD} {tail}.")
    return sentence(body)


def parse_verdict(text: str) -> VerdictValue | None:
    """None where neither Yes nor No is said first: worth one more question."""
    told = _after(ROLE, clean(text))
    found = ANSWER.match(told)
    if not found:
        return None
    rest = _after(REASON_LABEL, told[found.end() :].lstrip(" .,;:!*_\"'”’-–—)"))
    return VerdictValue(found[1].lower() == "yes", None, sentence(rest))


def answer_onwards(text: str) -> str:
    """A verdict's reply from its yes or no on; empty where it has none."""
    cut = uncovered(text)
    told = "" if isinstance(cut, Failure) else _after(ROLE, clean(cut))
    found = ANSWER.match(told)
    return told[found.start(1) :] if found else ""


def _prose(text: str) -> str | Failure:
    told = _without_marks(clean(text))
    if not WORD.search(told):
        return Failure("empty", "The model said nothing.")
    told = unquoted(_after(ROLE, told))
    if REFUSAL.match(told):
        return Failure("refused", told)
    told = _without_farewell(_without_chatter(told)).strip()
    return told if WORD.search(told) else Failure("empty", f"Only meta talk: {clean(text)}")


def _after(beginning: re.Pattern[str], told: str) -> str:
    """Without it, where the text begins with it: matched once, not looked for at every letter."""
    found = beginning.match(told)
    return told[found.end() :] if found else told


def _without_marks(told: str) -> str:
    if not any(mark in told for mark in MARKS):
        return told
    return MARKUP.sub("", told).strip()


def _without_chatter(told: str) -> str:
    while (shorter := _after(ROLE, _after(CHATTER, told))) != told:
        told = shorter
    return told


def _without_farewell(told: str) -> str:
    lower = told.lower()
    return FAREWELL.sub("", told) if any(words in lower for words in FAREWELLS) else told


def _begins(body: str, tail: str) -> bool:
    return body.lower().startswith(tail.lower())
