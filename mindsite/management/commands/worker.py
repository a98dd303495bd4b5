"""A Celery worker, until Ctrl-C."""

import subprocess

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from mindsite.workers import stop, worker_command


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2, help="tasks at a time")
        parser.add_argument("--name", default="celery", help="another one for each further worker on this machine")

    def handle(self, **options) -> None:
        command = worker_command(concurrency=options["concurrency"], name=options["name"])
        worker = subprocess.Popen(command, cwd=settings.BASE_DIR, start_new_session=True)  # noqa: S603
        try:
            worker.wait()
        except KeyboardInterrupt:
            self.stdout.write("Stopping after the calls in flight …")
        finally:
            stop(worker)
