"""Which judgments count: first ones of sampled items, by annotators who are not excluded; of people, not of programs.

One rule as SQL over aliases, for the ORM behind a prefix, and for values in hand. The words are those of
`annotation.models`, which stands above and has them from nowhere else: a test holds the two together.
"""

from typing import Any

from django.db.models import Q

ITEM, EXTRA, SEEN, EXCLUDED = "item", "extra", "seen", "excluded"


def first_sql(judgment: str = "j") -> str:
    """Neither of a gold item nor a repeat."""
    return f"{judgment}.kind = '{ITEM}'"


def seen_sql(judgment: str = "j") -> str:
    """By somebody who had seen verdicts: left out, unless asked for."""
    return f"{judgment}.kind = '{SEEN}'"


def once_sql(judgment: str = "j") -> str:
    """Of these kinds there is one of an annotator and item."""
    return f"{judgment}.kind IN ('{ITEM}', '{EXTRA}', '{SEEN}')"


def rated_sql(judgment: str = "j") -> str:
    """A rating, and not a preference between two intentions."""
    return f"{judgment}.plausibility IS NOT NULL"


def included_sql(participant: str = "p") -> str:
    return f"{participant}.state <> '{EXCLUDED}'"


def of_people_sql(study: str = "s") -> str:
    return f"NOT {study}.simulated"


def counting_sql(judgment: str = "j", participant: str = "p") -> str:
    return f"{first_sql(judgment)} AND {included_sql(participant)}"


def first_q(prefix: str = "") -> Q:
    return Q(**{f"{prefix}kind": ITEM})


def seen_q(prefix: str = "") -> Q:
    return Q(**{f"{prefix}kind": SEEN})


def vote_q(prefix: str = "") -> Q:
    """First judgments, and the extra votes that were asked because of them."""
    return Q(**{f"{prefix}kind__in": (ITEM, EXTRA)})


def rated_q(prefix: str = "") -> Q:
    return Q(**{f"{prefix}plausibility__isnull": False})


def included_q(prefix: str = "") -> Q:
    return ~Q(**{f"{prefix}state": EXCLUDED})


def of_people_q(prefix: str = "") -> Q:
    return Q(**{f"{prefix}simulated": False})


def is_first(kind: Any) -> Any:
    """Of one kind, or by element of an array of them."""
    return kind == ITEM


def is_included(state: Any) -> Any:
    return state != EXCLUDED
