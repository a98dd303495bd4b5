"""What a run keeps: p_yes at or over the strictness; where the server gave no probability, the plain yes decides.

One rule as SQL, for the ORM and for a row in hand. A run that asked no filter has no verdicts and keeps all.
"""

from django.db.models import F, Q

STRICTNESS = 0.5  # of a new run


def kept_sql(p_yes: str, strictness: str, yes: str) -> str:
    """Null where there is no verdict."""
    return f"coalesce({p_yes} >= {strictness}, {yes})"


def kept_of_run_sql(p_yes: str, strictness: str, yes: str, config: str) -> str:
    """With a run's configuration beside it, which says whether a filter was asked."""
    return f"coalesce({p_yes} >= {strictness}, {yes}, nullif({config} ->> 'filter' = 'none', false))"


def drawn_sql(intention: str, run: str, size: str) -> str:
    """As many of a run's intentions with a verdict as `size` says, drawn by the hash of their ids: always the same."""
    return f"""{intention} IN (
        SELECT x.id FROM distillation_intention x JOIN distillation_verdict w ON w.intention_id = x.id
        WHERE x.run_id = {run} ORDER BY hashint8extended(x.id, 20), x.id LIMIT {size})"""  # noqa: S608 - names of our own


def kept_q(strictness: float | F, *, prefix: str = "", yes: str = "yes") -> Q:
    return Q(**{f"{prefix}p_yes__gte": strictness}) | Q(**{f"{prefix}p_yes__isnull": True, f"{prefix}{yes}": True})


def rejected_q(strictness: float | F, *, prefix: str = "", yes: str = "yes") -> Q:
    """Not the opposite of kept: where there is no verdict, nothing is rejected."""
    return Q(**{f"{prefix}p_yes__lt": strictness}) | Q(**{f"{prefix}p_yes__isnull": True, f"{prefix}{yes}": False})


def unfiltered_q(*, run: str = "run__", verdict: str = "verdict") -> Q:
    """No filter was asked, so it is kept; null where the configuration says nothing of it, which is no match."""
    return Q(**{f"{run}config__filter": "none", f"{verdict}__isnull": True})


def is_kept(p_yes: float | None, strictness: float, yes: bool) -> bool:
    return yes if p_yes is None else p_yes >= strictness
