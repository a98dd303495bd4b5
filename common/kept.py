"""What a run keeps: p_yes at or over the strictness; where the server gave no probability, the plain yes decides.

One rule as SQL, for the ORM and for a row in hand.
"""

from django.db.models import F, Q

STRICTNESS = 0.5  # of a new run


def kept_sql(p_yes: str, strictness: str, yes: str) -> str:
    """Null where there is no verdict."""
    return f"coalesce({p_yes} >= {strictness}, {yes})"


def kept_q(strictness: float | F, *, prefix: str = "", yes: str = "yes") -> Q:
    return Q(**{f"{prefix}p_yes__gte": strictness}) | Q(**{f"{prefix}p_yes__isnull": True, f"{prefix}{yes}": True})


def rejected_q(strictness: float | F, *, prefix: str = "", yes: str = "yes") -> Q:
    """Not the opposite of kept: where there is no verdict, nothing is rejected."""
    return Q(**{f"{prefix}p_yes__lt": strictness}) | Q(**{f"{prefix}p_yes__isnull": True, f"{prefix}{yes}": False})


def is_kept(p_yes: float | None, strictness: float, yes: bool) -> bool:
    return yes if p_yes is None else p_yes >= strictness
