from celery import shared_task

from webhooks.notices.mailing import notices_mail
from webhooks.notices.services import notices_announce
from webhooks.services import deliveries_send, webhooks_announce


@shared_task(expires=30)
def webhooks_sweep() -> None:
    webhooks_announce()
    deliveries_send()


@shared_task(expires=30)
def notices_sweep() -> None:
    notices_announce()
    notices_mail()
