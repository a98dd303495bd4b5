"""What workers do for research; what is owed is in the database, a message is a wake-up."""

import logging
import socket

from celery import Task, shared_task

from research.alarms import alarms_sweep
from research.diversity.services import diversities_ask_of_ended, diversity_claim, diversity_compute
from research.models import Diversity, OnlineExperiment, Training
from research.online.counting import online_count, online_is_stale
from research.trainings.refusals import TrainingRefused
from research.trainings.services import training_refuse, trainings_return_lost
from research.trainings.supervising import training_run

TRAIN_QUEUE = "train"

log = logging.getLogger(__name__)


@shared_task
def compute_diversity(run_id: int) -> None:
    if claimed := diversity_claim(run_id=run_id):
        diversity_compute(claimed=claimed)
        log.info("The diversity of run %s is computed.", claimed.run.name)


@shared_task
def count_online(online_id: int) -> None:
    online_count(online=OnlineExperiment.objects.get(pk=online_id))


@shared_task(bind=True, acks_late=False)
def train(self: Task, training_id: int) -> None:
    """For hours: taken off the queue at once, and sent again by the sweep if its worker is lost."""
    training = Training.objects.get(pk=training_id)
    if training.state != Training.State.WAITING:
        return
    try:
        training_run(training=training, worker=self.request.hostname or socket.gethostname(), by_worker=True)
    except TrainingRefused as refused:
        log.warning("Training %s: %s", training.name, refused)
        training_refuse(training=training, why=str(refused))


def training_wake(training_id: int) -> None:
    train.apply_async([training_id], queue=TRAIN_QUEUE, expires=30)


@shared_task(expires=30)
def research_sweep() -> None:
    diversities_ask_of_ended()
    for run_id in Diversity.objects.owed().values_list("run_id", flat=True):
        compute_diversity.apply_async([run_id], expires=30)
    for online in OnlineExperiment.objects.all():
        if online_is_stale(online):
            count_online.apply_async([online.pk], expires=30)
    trainings_return_lost()
    for training_id in Training.objects.filter(state=Training.State.WAITING).values_list("pk", flat=True):
        training_wake(training_id)
    alarms_sweep()
