import logging

from celery import shared_task

from mindsite.retention.policy import cleared

log = logging.getLogger(__name__)


@shared_task
def clear() -> None:
    for what, n in cleared(dry=False):
        if n:
            log.info("Cleared %s: %d", what, n)
