"""Annotators sent by a crowd platform: the same worker is the same annotator, in every study.

Who only knows a worker's id gets no further than the question for the return code: a worker comes back on the device
that they came with first, or with that code, or by a sign-in link that a researcher has made.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.core import signing
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from accounts.links import LinkRefused, link_open, link_refuse_expired
from accounts.models import Link, User
from annotation.judging.crowd.completion import letters, plain, return_code
from annotation.judging.crowd.places import link_lock, place_take
from annotation.judging.participants import participant_get, participant_join
from annotation.models import Participant, Study

# The parameter of the address, and the platform that adds it.
PLATFORMS = {"PROLIFIC_PID": "prolific", "workerId": "mturk"}
WORKER_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
DEVICE_DAYS = 180
_DEVICE = "crowd device"


@dataclass(frozen=True, slots=True)
class Worker:
    """As the address says; `signature` where the platform signs it."""

    platform: str
    id: str
    signature: str = ""


class ProofNeeded(LinkRefused):
    """Somebody has come with this id before, and it may not be who asks now."""


def crowd_worker(parameters: dict[str, str]) -> Worker:
    """From the query of the address."""
    for parameter, platform in PLATFORMS.items():
        if worker := parameters.get(parameter):
            if WORKER_ID.fullmatch(worker):
                return Worker(platform, worker, parameters.get("signature", ""))
            why = _("%(parameter)s is no worker's id: open the study from the platform that sent you")
            raise LinkRefused(why % {"parameter": parameter})
    why = _("The address lacks %(parameters)s: open the study from the platform that sent you")
    raise LinkRefused(why % {"parameters": " / ".join(PLATFORMS)})


def crowd_link(token: str, worker: Worker) -> Link:
    link = link_open(kind=Link.Kind.CROWD, token=token, expired_too=True)
    if link.signed and not constant_time_compare(worker.signature, signature_of(link, worker.id)):
        raise LinkRefused(_("The address is not signed by the platform: open the study from there"))
    return link


def signing_key(link: Link) -> str:
    """What researchers give to the platform; workers see the link's token, and never this."""
    return letters(f"signing key {link.pk}", 26)


def signature_of(link: Link, worker_id: str) -> str:
    """HMAC-SHA256 of the id in hexadecimal digits."""
    return hmac.new(signing_key(link).encode(), worker_id.encode(), hashlib.sha256).hexdigest()


@transaction.atomic
def crowd_enter(*, token: str, worker: Worker, device: str = "", code: str = "") -> Participant:
    """`device` is the secret that the browser was given at its first entry; `code` the personal return code."""
    link = crowd_link(token, worker)
    study, annotator = study_of(link), worker_known(worker)
    if annotator is None or not study.participants.filter(annotator=annotator).exists():
        _refuse_late(link)
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
