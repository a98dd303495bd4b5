"""Annotators sent by a crowd platform: the same worker is the same annotator, in every study.

Who only knows a worker's id gets no further than the question for the return code: a worker comes back on the device
that they came with first, or with that code, or by a sign-in link that a researcher has made.
"""

import re
from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password
from django.core import signing
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from accounts.links import LinkRefused, link_open, link_refuse_expired
from accounts.models import Link, User
from annotation.judging.crowd.completion import plain, return_code
from annotation.judging.crowd.places import link_lock, place_refuse_early, place_take
from annotation.judging.crowd.rate import refuse_a_rush
from annotation.judging.crowd.signatures import Signed, refuse_unsigned
from annotation.judging.participants import participant_get, participant_join
from annotation.models import Participant, Study

# The parameter of the address, and the platform that adds it.
PLATFORMS = {"PROLIFIC_PID": "prolific", "workerId": "mturk"}
SIGNED = {"signature": "signature", "until": "until", "token": "prolific_token"}
WORKER_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
DEVICE_DAYS = 180
_DEVICE = "crowd device"


@dataclass(frozen=True, slots=True)
class Worker:
    """As the address says, with what the platform has signed."""

    platform: str
    id: str
    signed: Signed = field(default_factory=Signed)


class ProofNeeded(LinkRefused):
    """Somebody has come with this id before, and it may not be who asks now."""


def crowd_worker(parameters: dict[str, str], to: str = "") -> Worker:
    """From the query of the address, which without it is `to`."""
    for parameter, platform in PLATFORMS.items():
        if worker := parameters.get(parameter):
            if WORKER_ID.fullmatch(worker):
                beside = {name: parameters.get(parameter, "") for name, parameter in SIGNED.items()}
                return Worker(platform, worker, Signed(**beside, to=to))
            why = _("%(parameter)s is no worker's id: open the study from the platform that sent you")
            raise LinkRefused(why % {"parameter": parameter})
    why = _("The address lacks %(parameters)s: open the study from the platform that sent you")
    raise LinkRefused(why % {"parameters": " / ".join(PLATFORMS)})


def crowd_link(token: str, worker: Worker) -> Link:
    link = link_open(kind=Link.Kind.CROWD, token=token, expired_too=True)
    refuse_unsigned(link, worker.id, worker.signed)
    return link


@transaction.atomic
def crowd_enter(*, token: str, worker: Worker, device: str = "", code: str = "", address: str = "") -> Participant:
    """`device` is the secret that the browser was given at its first entry; `code` the personal return code; `address`
    where newcomers come from."""
    link = crowd_link(token, worker)
    study, annotator = study_of(link), worker_known(worker)
    if annotator is None or not study.participants.filter(annotator=annotator).exists():
        _refuse_late(link)
        refuse_a_rush(link, address)
        place_refuse_early(link)
    if annotator and not (_is_device_of(annotator, device) or _is_code_of(annotator, code)):
        raise ProofNeeded(
            _("Somebody has begun with this id already. If it was you, on another device: type your return code")
        )
    link = link_lock(link)
    annotator = annotator or _made(worker)
    if not annotator.is_active:
        raise LinkRefused(_("This account is deactivated; write to the researcher through the platform"))
    if link.group:
        annotator.groups.add(link.group)
    participant = _joined(study, annotator)
    if study.state != Study.State.CLOSED and participant.state == Participant.State.ACTIVE:
        place_take(link, participant)
    return participant


def device_secret(annotator: User) -> str:
    return signing.dumps(annotator.pk, salt=_DEVICE)


def device_cookie(annotator: User | None) -> str:
    """One for each worker, who may share a machine."""
    return f"device_{annotator.pk if annotator else 0}"


def _is_device_of(annotator: User, device: str) -> bool:
    try:
        return signing.loads(device, salt=_DEVICE, max_age=DEVICE_DAYS * 86_400) == annotator.pk
    except signing.BadSignature:
        return False


def _is_code_of(annotator: User, code: str) -> bool:
    return bool(code) and constant_time_compare(plain(code), plain(return_code(annotator.pk)))


def study_of(link: Link) -> Study:
    """A constraint says that a crowd link has one."""
    if link.study is None:
        raise LinkRefused(_("This link leads to no study"))
    return link.study


def _refuse_late(link: Link) -> None:
    link_refuse_expired(link)
    if study_of(link).state == Study.State.CLOSED:
        raise LinkRefused(_("The study %(study)s is closed: there is nothing left to judge") % {"study": link.study})


def worker_known(worker: Worker) -> User | None:
    return User.objects.filter(crowd_platform=worker.platform, crowd_id=worker.id).first()


def _made(worker: Worker) -> User:
    """Under the link's lock; by another link the same worker may come at the same moment."""
    made = {"username": _username(worker), "password": make_password(None)}
    annotator, new = User.objects.get_or_create(crowd_platform=worker.platform, crowd_id=worker.id, defaults=made)
    if not new:
        raise ProofNeeded(_("Somebody has begun with this id this very moment: open the study once more"))
    return annotator


def _username(worker: Worker) -> str:
    """Shown to the annotator and to researchers; keyed, so that nobody finds the worker by trying ids."""
    digest = salted_hmac("crowd", f"{worker.platform} {worker.id}", algorithm="sha256").hexdigest()
    return f"{worker.platform}-{digest[:12]}"


def _joined(study: Study, annotator: User) -> Participant:
    try:
        participant_join(Study.objects.open_to(annotator).get(pk=study.pk), annotator)
        return participant_get(study_id=study.pk, annotator=annotator)
    except Study.DoesNotExist as error:
        why = _("The study %(study)s is not open to who comes by this link; ask for a new one")
        raise LinkRefused(why % {"study": study}) from error
