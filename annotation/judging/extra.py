"""Extra votes: when all has its judgments, people are asked where the others are split, and a vote is worth most."""

from datetime import datetime

import numpy as np
from django.db.models import Count, Exists, F, Min, OuterRef, QuerySet
from numpy.typing import NDArray

from annotation.judging.leases import lease_make, sides_drawn
from annotation.models import Item, Judgment, Kind, Lease, Participant
from stats.packing import unpack
from stats.people.adaptive import further_votes, vote_posteriors

TRIED = 20  # items, of which somebody else may take one in this very moment
# Taken as given: an annotator errs alike in both directions, and is right four times of five.
CONFUSION = ((0.8, 0.2), (0.2, 0.8))


def judgeable_items(participant: Participant) -> QuerySet[Item]:
    """Sampled items that this annotator has neither judged nor skipped, and whose verdict was not shown to them."""
    mine = (
        Item.objects.sampled()
        .filter(study=participant.study_id)
        .exclude(judgments__participant=participant)
        .exclude(skips__participant=participant)
        .exclude(Exists(_revealed_of_item(participant, "intention")))
    )
    return mine.exclude(Exists(_revealed_of_item(participant, "other"))) if participant.study.is_preference else mine


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
    study, question = participant.study, participant.study.questions[0]
    items = judgeable_items(participant).filter(n_judged__gte=F("overlap"), extra_taken__lt=study.extra_votes)
    found = list(items.order_by("pk").values_list("pk", "plausibility_tally"))
    pks, tallies = np.array(found, dtype=np.int64).reshape(-1, 2).T
    yes, no = _sides(unpack(tallies, len(question.options)), np.array(question.says_yes))
    more_yes, more_no = _extra(participant, pks)
    votes = np.stack([no + more_no, yes + more_yes], axis=1)
    priors = (votes.sum(axis=0) + 1) / (votes.sum() + 2)
    posteriors, split = vote_posteriors(votes, priors, CONFUSION), (yes > 0) & (no > 0)
    best = further_votes(posteriors, CONFUSION, split, TRIED, rng=np.random.default_rng())
    return pks[best.items].tolist()


def _sides(counts: NDArray[np.int64], says_yes: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return counts[:, says_yes].sum(axis=1), counts[:, ~says_yes].sum(axis=1)


def _extra(participant: Participant, pks: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Extra votes that say yes, and no, on each of these items."""
    question, found = participant.study.questions[0], np.zeros((2, len(pks)), dtype=np.int64)
    votes = Judgment.objects.votes().filter(participant__study=participant.study_id, kind=Kind.EXTRA).order_by()
    for item, answer, n in votes.values_list("item", "plausibility").annotate(n=Count("pk")):
        found[int(answer < question.positive_from), pks == item] += n
    return found[0], found[1]
