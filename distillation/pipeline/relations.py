"""The relations an intention is grounded in."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

LEAD = "They bought both because"


def _(words: str) -> str:
    """Marks what annotators read, so that makemessages finds it; translated where it is shown."""
    return words


@dataclass(frozen=True, slots=True)
class Relation:
    code: str
    words: str
    phrase: str

    @property
    def tail(self) -> str:
        """The phrase without the lead: the beginning of the intention's own sentence."""
        return self.phrase.removeprefix(LEAD).lstrip(" ,")


def _relation(code: str, words: str, tail: str) -> Relation:
    return Relation(code, words, f"{LEAD} {tail}")


RELATIONS: dict[str, Relation] = {
    relation.code: relation
    for relation in (
        _relation("relatedTo", _("related to"), "they both are related to"),
        _relation("isA", _("a type of"), "they both are a type of"),
        _relation("partOf", _("part of"), "they both are part of"),
        _relation("madeOf", _("made of"), "they both are made of"),
        _relation("similarTo", _("similar to"), "they both are similar to"),
        _relation("createdBy", _("created by"), "they both are created by"),
        _relation("hasA", _("having"), "they both have"),
        _relation("propertyOf", _("sharing the property of"), "they both have the property of"),
        _relation("distinctFrom", _("distinct from"), "they both are distinct from"),
        _relation("usedFor", _("used for"), "they both are used for"),
        _relation("can", _("that can"), "they both can"),
        _relation("capableOf", _("capable of"), "they both are capable of"),
        _relation("definedAs", _("defined as"), "they both are defined as"),
        _relation("symbolOf", _("a symbol of"), "they both are a symbol of"),
        _relation("mannerOf", _("a manner of"), "they both are a manner of"),
        _relation("deriveFrom", _("derived from"), "they both are derived from"),
        Relation("effect", _("bought to the effect that"), f"{LEAD}, as a result, they will"),
        _relation("cause", _("bought because the customer wants"), "the customer wants to"),
        _relation("motivatedBy", _("motivated by"), "they were motivated by"),
        Relation("open", "any reason", LEAD),
    )
}

PRESETS: dict[str, tuple[str, ...]] = {
    "mind": tuple(code for code in RELATIONS if code not in ("hasA", "motivatedBy")),
    # FolkScope prompts with all twenty; these are the ones whose intentions came through its own filter into the
    # released graph, as IntentionQA samples it (its "other" and "all" are open).
    "folkscope": (
        *("relatedTo", "isA", "propertyOf", "usedFor", "can", "capableOf", "definedAs", "mannerOf", "effect", "cause"),
        "open",
    ),
    "all": tuple(RELATIONS),
}


def parse_relations(text: str) -> tuple[str, ...]:
    """A preset's name or codes between commas, in the order of RELATIONS and each once."""
    if text.strip() in PRESETS:
        return PRESETS[text.strip()]
    asked = [part.strip() for part in text.split(",") if part.strip()]
    if not asked:
        raise ValueError(f"No relation given: name some of {', '.join(RELATIONS)}, or a preset ({', '.join(PRESETS)}).")
    for code in asked:
        if code not in RELATIONS:
            raise ValueError(_unknown(code))
    return tuple(code for code in RELATIONS if code in asked)


def _unknown(code: str) -> str:
    known = {name.lower(): name for name in (*RELATIONS, *PRESETS)}
    near = [known[name] for name in difflib.get_close_matches(code.lower(), known, n=3)]
    hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(RELATIONS)}."
    return f"Unknown relation {code!r}: {hint}"
