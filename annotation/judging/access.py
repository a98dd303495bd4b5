"""Who may judge a study: fetched and checked in one place, for pages and API."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import Http404

from accounts.models import User
from annotation.judging.participants import participant_get, participant_held
from annotation.models import Participant, Study


def participant_of(user: User, study_id: int) -> Participant:
    try:
        return participant_get(study_id=study_id, annotator=user)
    except Study.DoesNotExist as error:
        raise _not_found() from error


@contextmanager
def participant_kept(user: User, study_id: int) -> Iterator[Participant]:
    """The same under their lock, in a transaction that the caller's writes share; a refusal has to leave it."""
    try:
        with participant_held(study_id=study_id, annotator=user) as participant:
            yield participant
    except Study.DoesNotExist as error:
        raise _not_found() from error


def _not_found() -> Http404:
    return Http404("There is no such study for you.")
