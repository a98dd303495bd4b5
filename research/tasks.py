"""What workers do for research; what is owed is in the database, a message is a wake-up."""

import logging

from celery import shared_task

from research.alarms import alarms_sweep
from research.diversity.services import diversities_ask_of_ended, diversity_claim, diversity_compute
from research.models import Diversity, OnlineExperiment
from research.online.counting import online_count, online_is_stale

log = logging.getLogger(__name__)


@shared_task
def compute_diversity(run_id: int) -> None:
    if claimed := diversity_claim(run_id=run_id):
        diversity_compute(claimed=claimed)
        log.info("The diversity of run %s is computed.", claimed.run.name)


@shared_task
def count_online(online_id: int) -> None:
    online_count(online=OnlineExperiment.objects.get(pk=online_id))


@shared_task(expires=30)
def research_sweep() -> None:
    diversities_ask_of_ended()
    for run_id in Diversity.objects.owed().values_list("run_id", flat=True):
        compute_diversity.apply_async([run_id], expires=30)
    for online in OnlineExperiment.objects.all():
        if online_is_stale(online):
            count_online.apply_async([online.pk], expires=30)
    alarms_sweep()
