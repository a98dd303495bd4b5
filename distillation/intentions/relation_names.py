"""Relation names of other releases, as codes of pipeline.relations."""

from functools import lru_cache

from distillation.pipeline.relations import RELATIONS

_CODES = {code.lower(): code for code in RELATIONS}

# What the releases write: FolkScope's list has the first two, MIND's the misspelt double of propertyOf and `other`,
# IntentionQA `all` where no relation is given; then the if-then names of ATOMIC, then ConceptNet's own.
_OTHER_NAMES = {
    "causeeffect": "cause",
    "propertof": "propertyOf",
    "other": "open",
    "all": "open",
    "none": "open",
    "xwant": "cause",
    "xintent": "cause",
    "xeffect": "effect",
    "xreason": "motivatedBy",
    "hasproperty": "propertyOf",
    "derivedfrom": "deriveFrom",
    "motivatedbygoal": "motivatedBy",
    "causes": "effect",
    "causesdesire": "cause",
}


@lru_cache(1_000)
def relation_code(name: str) -> str | None:
    """None for a relation that is not known; upper and lower case, spaces and underscores don't matter."""
    plain = "".join(char for char in name.lower() if char not in " _-")
    return _CODES.get(plain) or _OTHER_NAMES.get(plain)
