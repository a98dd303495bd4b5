import gc
import os
from pathlib import Path

from celery import Celery
from celery.signals import heartbeat_sent, setup_logging, worker_init

import mindsite.metrics.tasks  # noqa: F401 - its receivers
from mindsite.broker import Amqp

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mindsite.settings")

app = Celery("mindsite", amqp=Amqp)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(
    ["annotation.figures", "annotation.desk", "mindsite.backup", "mindsite.retention"]
)  # rooms, not apps


@worker_init.connect
def worker_prepare(**_: object) -> None:
    import distillation.runs.liveness  # noqa: F401, PLC0415 - only a worker has a heartbeat
    from mindsite.supervision.clock import ClockKept  # noqa: PLC0415 - and a clock

    app.steps["worker"].add(ClockKept)
    gc.freeze()  # what is loaded stays, in one copy for all processes that are forked


@setup_logging.connect
def keep_logging(**_: object) -> None:
    """As the settings say, with secrets left out: Celery would put its own in that place."""


@heartbeat_sent.connect
def show_sign(**_: object) -> None:
    """To its supervisor, where it has one (mindsite.supervision.silence)."""
    if sign := os.environ.get("MINDSITE_SIGN"):
        Path(sign).touch()
