"""As often as an item is to be judged to be complete: as it was drawn, though its overlap was raised later.

One rule as SQL and for the ORM. A closed study, whose items nobody can be asked any more, is the caller's to see.
"""

from django.db.models import Q
from django.db.models.functions import Coalesce


def wanted_sql(item: str) -> str:
    return f"coalesce({item}.drawn_overlap, {item}.overlap)"


def wanted() -> Coalesce:
    return Coalesce("drawn_overlap", "overlap")


def fully_judged_q() -> Q:
    return Q(n_judged__gte=wanted())
