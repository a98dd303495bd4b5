"""Send a training to the workers of its queue, and say who can take it."""

from django.db import transaction
from kombu.exceptions import OperationalError

from distillation.models import Worker
from distillation.runs.wake import broker_check
from research import tasks
from research.models import Training

NOBODY = (
    "No worker takes trainings now. Start one on the machine that has the GPU (manage.py worker --queue train), or "
    "train there by hand: manage.py finetune {name} --resume"
)


def training_wake_or_say(training: Training) -> str:
    """What the one who asked has to know; the state is saved, so the sweep sends it again."""
    try:
        broker_check()
        transaction.on_commit(lambda: tasks.training_wake(training.pk))
    except OperationalError:
        return "The broker can't be reached now; the training is sent again by itself soon after it is back."
    return takers_words(training)


def takers_words(training: Training) -> str:
    workers = list(Worker.objects.of_trainings().order_by("name").values_list("name", flat=True))
    return f"Taken next by {' or '.join(workers)}." if workers else NOBODY.format(name=training.name)
