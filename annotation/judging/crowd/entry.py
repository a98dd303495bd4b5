"""Annotators sent by a crowd platform: the same worker is the same annotator, in every study."""

import re

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.crypto import salted_hmac

from accounts.links import LinkRefused, link_open, link_use
from accounts.models import Link, User
from annotation.judging.participants import participant_get
from annotation.models import Participant, Study

# The parameter of the address, and the platform that adds it.
PLATFORMS = {"PROLIFIC_PID": "prolific", "workerId": "mturk"}
WORKER_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def crowd_worker(parameters: dict[str, str]) -> tuple[str, str]:
    """The platform and the worker's id there, from the query of the address."""
    for parameter, platform in PLATFORMS.items():
        if worker := parameters.get(parameter):
            if WORKER_ID.fullmatch(worker):
                return platform, worker
            raise LinkRefused(f"{parameter} is no worker's id: open the study from the platform that sent you")
    raise LinkRefused(f"The address lacks {' or '.join(PLATFORMS)}: open the study from the platform that sent you")


@transaction.atomic
def crowd_enter(*, token: str, platform: str, worker: str) -> Participant:
    link = link_open(kind=Link.Kind.CROWD, token=token, lock=True)
    study = link.study
    if study is None or study.state == Study.State.CLOSED:
        raise LinkRefused(f"The study {study} is closed: there is nothing left to judge")
    annotator = _annotator(platform, worker)
    if not annotator.is_active:
        raise LinkRefused("This account is deactivated; write to the researcher through the platform")
    if not study.participants.filter(annotator=annotator).exists():
        link_use(link)
        if link.group:
            annotator.groups.add(link.group)
    return _joined(study, annotator)


def _annotator(platform: str, worker: str) -> User:
    made = {"username": _username(platform, worker), "password": make_password(None)}
    return User.objects.get_or_create(crowd_platform=platform, crowd_id=worker, defaults=made)[0]


def _username(platform: str, worker: str) -> str:
    """Shown to the annotator and to researchers; keyed, so that nobody finds the worker by trying ids."""
    return f"{platform}-{salted_hmac('crowd', f'{platform} {worker}', algorithm='sha256').hexdigest()[:12]}"


def _joined(study: Study, annotator: User) -> Participant:
    try:
        return participant_get(study_id=study.pk, annotator=annotator)
    except Study.DoesNotExist as error:
        raise LinkRefused(f"The study {study} is not open to who comes by this link; ask for a new one") from error
