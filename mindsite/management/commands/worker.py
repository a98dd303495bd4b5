"""A Celery worker, until Ctrl-C."""

import subprocess

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mindsite.workers import stop, training_worker_command, worker_command
from research.trainings.refusals import TrainingRefused
from research.trainings.supervising import environment_check


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2, help="tasks at a time")
        parser.add_argument("--name", default="celery", help="another one for each further worker on this machine")

        parser.add_argument(
            "--queue", choices=["celery", "train"], default="celery", help="train: trainings only, one at a time"
        )

    def handle(self, **options) -> None:
        if options["queue"] == "train":
            command = self._of_trainings(options["name"])
        else:
            command = worker_command(concurrency=options["concurrency"], name=options["name"])
        worker = subprocess.Popen(command, cwd=settings.BASE_DIR, start_new_session=True)  # noqa: S603
        try:
            worker.wait()
        except KeyboardInterrupt:
            self.stdout.write("Stopping after the calls in flight …")
        finally:
            stop(worker)

    def _of_trainings(self, name: str) -> list[str]:
        try:
            environment_check()
        except TrainingRefused as error:
            raise CommandError(str(error)) from error
        return training_worker_command(name=name)
