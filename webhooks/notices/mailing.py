"""Notices by email: tried until the mail server takes them; what it never takes is told on the page of notices."""

import logging
import smtplib
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from webhooks.models import Notice

AT_ONCE = 20
WAITS = [timedelta(minutes=n) for n in (1, 5, 20, 60, 240)]
SENDING = timedelta(minutes=5)  # in hand of a worker; it is tried again if that one dies

log = logging.getLogger(__name__)


def notices_mail() -> int:
    """Send what is due; how many the server took. A server that is away ends this round, not the task."""
    sent = 0
    for notice in _claim():
        try:
            send_mail(notice.words[:150].splitlines()[0], _text(notice), None, [notice.person.email])
        except (smtplib.SMTPException, OSError, ValueError) as error:
            _settle(notice, answer=f"{type(error).__name__}: {error}")
            log.warning("Notice %s could not be mailed: %s", notice.pk, type(error).__name__)
        else:
            _settle(notice)
            sent += 1
    return sent


@transaction.atomic
def _claim() -> list[Notice]:
    due = Notice.objects.filter(mail=Notice.Mail.WAITING, due_at__lte=Now(), person__is_active=True)
    claimed = list(
        due.select_related("person").select_for_update(skip_locked=True, of=("self",)).order_by("due_at")[:AT_ONCE]
    )
    Notice.objects.filter(pk__in=[each.pk for each in claimed]).update(due_at=Now() + SENDING, tries=F("tries") + 1)
    return claimed


def _settle(notice: Notice, *, answer: str = "") -> None:
    tries, now = notice.tries + 1, dict[str, Any]()
    if not answer:
        now = {"mail": Notice.Mail.SENT}
    elif tries > len(WAITS):
        now = {"mail": Notice.Mail.FAILED}
    else:
        now = {"due_at": Now() + WAITS[tries - 1]}
    Notice.objects.filter(pk=notice.pk).update(answer=answer[:300], **now)


def _text(notice: Notice) -> str:
    where = f"{settings.PUBLIC_URL.rstrip('/')}{notice.path}" if settings.PUBLIC_URL else notice.path
    return f"{notice.words}\n\n{where}\n\nYou asked for such mails under Notices; they are turned off there.\n"
