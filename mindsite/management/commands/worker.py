"""A Celery worker, until Ctrl-C."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mindsite.metrics.files import served
from mindsite.serving import HOST, alone, supervisor, worker
from mindsite.supervision.instances import role_of
from mindsite.workers import training_worker_command, worker_command
from research.trainings.refusals import TrainingRefused
from research.trainings.supervising import environment_check


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2, help="tasks at a time")
        parser.add_argument("--name", default="celery", help="another one for each further worker on this machine")
        parser.add_argument(
            "--metrics", metavar="PORT", type=int,
            help="what its processes count, for Prometheus, on a machine without a web server; unprotected",
        )  # fmt: skip
        parser.add_argument("--metrics-host", default=HOST)
        parser.add_argument(
            "--queue", choices=["celery", "train"], default="celery", help="train: trainings only, one at a time"
        )

    def handle(self, **options) -> None:
        if options["queue"] == "train":
            command = self._of_trainings(options["name"])
        else:
            command = worker_command(concurrency=options["concurrency"], name=options["name"])
        role = role_of("worker" if options["queue"] == "celery" else "training-worker", options["name"])
        with alone(role, self.stdout.write) as instance:
            if options["metrics"]:
                served(options["metrics"], options["metrics_host"])
            supervisor(instance, worker(instance, command)).run()

    def _of_trainings(self, name: str) -> list[str]:
        try:
            environment_check()
        except TrainingRefused as error:
            raise CommandError(str(error)) from error
        return training_worker_command(name=name)
