"""Who may judge a study: fetched and checked in one place, for pages and API."""

from django.http import Http404

from accounts.models import User
from annotation.judging.participants import participant_get
from annotation.models import Participant, Study


def participant_of(user: User, study_id: int) -> Participant:
    try:
        return participant_get(study_id=study_id, annotator=user)
    except Study.DoesNotExist as error:
        raise Http404("There is no such study for you.") from error
