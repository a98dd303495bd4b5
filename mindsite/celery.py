import os

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mindsite.settings")

app = Celery("mindsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["annotation.figures", "annotation.desk"])  # rooms, not apps


@worker_init.connect
def show_liveness(**_: object) -> None:
    import distillation.runs.liveness  # noqa: F401, PLC0415 - only a worker has a heartbeat
