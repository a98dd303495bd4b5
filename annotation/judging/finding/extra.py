"""Extra votes: when all has its judgments, people are asked where the others are split, and a vote is worth most."""

from datetime import datetime
from functools import reduce
from operator import add

import numpy as np
from django.contrib.auth.models import Group
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable
from numpy.typing import NDArray

from annotation.judging.leases import lease_make, sides_drawn
from annotation.models import Assignment, Item, Judgment, Kind, Lease, Participant, Skip, Study
from annotation.scales import Question
from stats.packing import BITS, unit, unpack
from stats.people.adaptive import further_votes, vote_posteriors

TRIED = 20  # items, of which somebody else may take one in this very moment
# So many items of each split, from a random place on, are compared; ten times as many say what is usual.
COMPARED = 200
# Taken as given: an annotator errs alike in both directions, and is right four times of five.
CONFUSION = ((0.8, 0.2), (0.2, 0.8))


def judgeable_items(participant: Participant) -> QuerySet[Item]:
    """Sampled items that this annotator has neither judged nor skipped, and whose verdict was not shown to them."""
    mine = (
        Item.objects.sampled()
        .filter(study=participant.study_id)
        .exclude(Exists(_judged_by(participant)))
        .exclude(Exists(Skip.objects.standing().filter(item=OuterRef("pk"), participant=participant)))
        .exclude(Exists(_revealed_of_item(participant, "intention")))
        .filter(Q(is_assigned=False) | Exists(_assigned_to(participant)))
    )
    return mine.exclude(Exists(_revealed_of_item(participant, "other"))) if participant.study.is_preference else mine


def _assigned_to(participant: Participant) -> QuerySet[Assignment]:
    groups = Group.objects.filter(user=participant.annotator_id).values("pk")
    mine = Q(person=participant.annotator_id) | Q(group__in=groups)
    return Assignment.objects.filter(mine, item=OuterRef("pk"))


def _judged_by(participant: Participant) -> QuerySet[Judgment]:
    """What was offered again because a picture had failed may be judged once more, if its verdict was not shown."""
    own = Judgment.objects.filter(item=OuterRef("pk"), participant=participant)
    return own.exclude(kind=Kind.UNSEEN, audit_asked=False)


def _revealed_of_item(participant: Participant, which: str) -> QuerySet[Judgment]:
    return revealed_to(participant.annotator_id).filter(item__intention=OuterRef(which))


def revealed_to(annotator_id: int) -> QuerySet[Judgment]:
    """Judgments after which the annotator was shown the verdict, in any study."""
    return Judgment.objects.filter(participant__annotator=annotator_id, audit_asked=True)


def extra_lease(participant: Participant) -> Lease | None:
    """The caller has looked for all else."""
    study = participant.study
    if not study.extra_votes or study.is_preference or participant.judgments.to_audit().exists():
        return None
    for item in _worth_most(participant):
        # What another has just taken is seen here, not in the search.
        free = Item.objects.filter(pk=item, extra_taken__lt=study.extra_votes)
        if free.update(extra_taken=F("extra_taken") + 1):
            return lease_make(participant, item, Kind.EXTRA, sides_drawn(study))
    return None


def extra_lease_ends(participant: Participant) -> datetime | None:
    """When an item that somebody holds for an extra vote may be free for this annotator; None where there is none."""
    held = judgeable_items(participant).filter(leases__kind=Kind.EXTRA)
    return held.aggregate(first=Min("leases__expires_at"))["first"] if participant.study.extra_votes else None


def _worth_most(participant: Participant) -> list[int]:
    """Items with all judgments over which people are split and that have room for an extra vote."""
    study, rng = participant.study, np.random.default_rng()
    complete = study.items.sampled().filter(n_judged__gte=F("overlap"))
    usual = _votes(some_of(study, complete, 10 * COMPARED, rng), study.questions[0]).sum(axis=0)
    found = _split(participant, rng)
    pks = np.array([pk for pk, _ in found], dtype=np.int64)
    votes = _votes(found, study.questions[0]) + _extra(study, pks)
    posteriors = vote_posteriors(votes, (usual + 1) / (usual.sum() + 2), CONFUSION)
    best = further_votes(posteriors, CONFUSION, np.ones(len(pks), dtype=bool), TRIED, rng=rng)
    return pks[best.items].tolist()


def _split(participant: Participant, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Some of those with one yes, with two, and so on; but for extra votes one of these is worth as much as another."""
    study = participant.study
    items = judgeable_items(participant).filter(n_judged__gte=F("overlap"), extra_taken__lt=study.extra_votes)
    told = items.annotate(yes=_yes(study.questions[0])).filter(n_judged__gt=F("yes"))
    splits = (*(Q(yes=yes) for yes in range(1, study.overlap)), Q(yes__gte=study.overlap))
    return [each for split in splits for each in some_of(study, told.filter(split), COMPARED, rng)]


def some_of(study: Study, items: QuerySet[Item], n: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Up to `n` with their tallies, by the index of the study's intentions from a random one on, and round."""
    ends = study.items.aggregate(a=Min("intention"), b=Max("intention"))
    start = int(rng.integers(ends["a"], ends["b"], endpoint=True))
    told = items.order_by("intention_id").values_list("pk", "plausibility_tally")
    found = list(told.filter(intention__gte=start)[:n])
    return found + list(told.filter(intention__lt=start)[: n - len(found)])


def _yes(question: Question) -> Combinable:
    """SQL for how many of an item's judgments say yes."""
    places = [place for place, says in enumerate(question.says_yes) if says]
    counts = (F("plausibility_tally").bitrightshift(BITS * place).bitand(unit(1) - 1) for place in places)
    return reduce(add, counts)


def _votes(found: list[tuple[int, int]], question: Question) -> NDArray[np.int64]:
    """No and yes of each item: (items, 2)."""
    counts = unpack(np.array([tally for _, tally in found], dtype=np.int64), len(question.options))
    says = np.array(question.says_yes, dtype=bool)
    return np.stack([counts[:, ~says].sum(axis=1), counts[:, says].sum(axis=1)], axis=1)


def _extra(study: Study, pks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Extra votes that say no, and yes, on each of these items: (items, 2)."""
    found, place = np.zeros((len(pks), 2), dtype=np.int64), {pk: k for k, pk in enumerate(pks.tolist())}
    votes = Judgment.objects.votes().filter(item__in=list(place), kind=Kind.EXTRA).order_by()
    for item, answer, n in votes.values_list("item", "plausibility").annotate(n=Count("pk")):
        found[place[item], int(answer >= study.questions[0].positive_from)] += n
    return found
