from celery import shared_task

from webhooks.services import deliveries_send, webhooks_announce


@shared_task(expires=30)
def webhooks_sweep() -> None:
    webhooks_announce()
    deliveries_send()
