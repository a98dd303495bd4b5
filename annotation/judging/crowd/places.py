"""Places of a crowd link: held at entry for the lease time, spent by the first saved judgment, released otherwise.

Who changes them holds the link's lock first and participants' after it; judging locks participants alone.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.links import link_refuse_full
from accounts.models import Link
from annotation.design.protocol import StudyRefused
from annotation.judging.leases import lease_release
from annotation.models import Participant

HELD, SPENT, GONE = Participant.Place.HELD, Participant.Place.SPENT, Participant.Place.GONE
MOST_PLACES = 10_000


def link_lock(link: Link) -> Link:
    return Link.objects.select_for_update(of=("self",)).get(pk=link.pk)


def place_take(link: Link, participant: Participant) -> None:
    """The caller holds the link's lock. Raises LinkRefused where all places are taken."""
    minutes = timedelta(minutes=participant.study.lease_minutes)
    mine = Participant.objects.filter(pk=participant.pk)
    if mine.filter(place=SPENT).exists() or mine.filter(place=HELD).update(place_until=timezone.now() + minutes):
        return
    places_count(link)
    link_refuse_full(link)
    place = SPENT if participant.judgments.exists() else HELD
    mine.update(link=link, place=place, place_until=timezone.now() + minutes)
    places_count(link)


def place_refuse_early(link: Link) -> None:
    """Without the lock, for which a thousand may wait: where all are taken and none has run out, nobody gets one."""
    if link.n_used >= link.places:
        held = Participant.objects.filter(link=link, place=HELD)
        if not held.filter(place_until__lt=timezone.now()).exists():
            link_refuse_full(link)


def places_count(link: Link) -> None:
    """Release places that nobody came back for, and put down on the link how many are taken."""
    mine = Participant.objects.filter(link=link)
    mine.filter(place=HELD, place_until__lt=timezone.now()).update(place=GONE)
    link.n_used = mine.filter(place__in=(HELD, SPENT)).count()
    link.save(update_fields=["n_used"])


@transaction.atomic
def places_set(*, link: Link, places: int) -> None:
    link = link_lock(link)
    places_count(link)
    if not max(1, link.n_used) <= places <= MOST_PLACES:
        raise StudyRefused(f"{link.n_used} places are taken: set {max(1, link.n_used)} to {MOST_PLACES:,}")
    Link.objects.filter(pk=link.pk).update(places=places)


@transaction.atomic
def workers_release(*, link: Link, ids: Iterable[str]) -> tuple[int, list[str]]:
    """Give up the places of workers who returned the task, by their platform ids; what they judged stays. Returns how
    many had a place, and the ids that nobody has."""
    link, asked = link_lock(link), {each.strip() for each in ids if each.strip()}
    people = Participant.objects.filter(link=link, annotator__crowd_id__in=asked).order_by("pk")
    people = people.select_related("annotator", "study")
    released = 0
    for who in people:
        lease_release(participant=who)
        released += Participant.objects.filter(pk=who.pk).exclude(place=GONE).update(place=GONE)
    places_count(link)
    return released, sorted(asked - {who.annotator.crowd_id for who in people})


@transaction.atomic
def screened_release(*, link: Link) -> int:
    """Give the places of those who were screened out to others; how many."""
    link = link_lock(link)
    released = screened_out(link).update(place=GONE)
    places_count(link)
    return released


def screened_out(link: Link) -> QuerySet[Participant]:
    """They have taken a place for good, as they have judged check items."""
    return Participant.objects.filter(link=link, place=SPENT, state=Participant.State.UNQUALIFIED)
