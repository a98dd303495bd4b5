"""How people are split over items: votes counted by the database out of the tallies."""

from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.db.models.expressions import Combinable

from annotation.scales import Question
from stats.packing import BITS, unit

# Of rows with `lead` and `total`: ties among them.
SPLIT = Q(total__gte=2, lead__lt=F("total"), lead__gt=-F("total"))


def with_votes(rows: QuerySet[Any], question: Question, tally: str = "plausibility_tally") -> QuerySet[Any]:
    """`total` votes, and by how many those that say plausible `lead`."""
    votes = _votes_for(question, tally)
    return rows.annotate(lead=votes[True] - votes[False], total=votes[True] + votes[False])


def _votes_for(question: Question, tally: str) -> dict[bool, Combinable]:
    """How many say plausible, and how many not."""
    votes: dict[bool, Any] = {True: Value(0), False: Value(0)}
    for place, value in enumerate(question.ascending):
        says_yes = value >= question.positive_from
        votes[says_yes] = votes[says_yes] + F(tally).bitrightshift(BITS * place).bitand(unit(1) - 1)
    return votes
