"""Celery's tasks: how long they waited and took. Imported where the app is made."""

import time
from typing import Any

from celery import Task
from celery.signals import before_task_publish, task_postrun, task_prerun

from common.metrics.counted import TASK_WAIT, TASKS

SENT = "mindsite_sent_at"
_began: dict[str, float] = {}


@before_task_publish.connect
def sent(headers: dict[str, Any], **_: object) -> None:
    headers.setdefault(SENT, time.time())


@task_prerun.connect
def begun(task_id: str, task: Task, **_: object) -> None:
    _began[task_id] = time.perf_counter()
    if at := task.request.get(SENT):
        TASK_WAIT.labels(task.name).observe(max(0.0, time.time() - at))


@task_postrun.connect
def ended(task_id: str, task: Task, state: str | None = None, **_: object) -> None:
    if (began := _began.pop(task_id, None)) is not None:
        TASKS.labels(task.name, state or "").observe(time.perf_counter() - began)
