"""What a worker looks after: that a backup which was put back brings nobody back who was erased."""

import logging

from celery import shared_task
from django.conf import settings

from accounts.services import PeopleRefused
from annotation.desk.applying import erasures_apply, erasures_owed

log = logging.getLogger(__name__)


@shared_task(expires=30)
def erasures_sweep() -> None:
    if not erasures_owed(settings.ERASURES_FILE):
        return
    try:
        n = erasures_apply(file=settings.ERASURES_FILE)
    except PeopleRefused:  # its words name somebody
        log.error("Erasures could not be applied again after a restore; run apply_erasures to see why")
    else:
        log.warning("An older backup was put back: %d people were erased again", n)
