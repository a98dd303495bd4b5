"""Start or resume a run: features of each product, purchase intentions, verdicts of the role-aware filter."""

import json
import sys
import time

from django.core.management.base import BaseCommand, CommandError, CommandParser

from distillation.lvlm import BACKENDS
from distillation.models import Run, Worker
from distillation.reports import run_progress
from distillation.services import RunRefused, RunSettings, backend_check, run_start
from distillation.tasks import run_wake
from mindsite.workers import broker_check, one_worker


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--run", required=True, metavar="NAME")
        parser.add_argument("--backend", choices=BACKENDS, default="baseline")
        parser.add_argument("--base-url", action="append", default=[], help="model server; may be given several times")
        parser.add_argument("--model", default="", help="as the server names it; default: the only one it serves")
        parser.add_argument("--relations", default="mind", help="a preset (mind, folkscope, all) or codes: usedFor,isA")
        parser.add_argument("--samples", type=int, default=1, help="intentions for each co-buy and relation")
        parser.add_argument("--limit", type=int, help="only the first N co-buys")
        parser.add_argument(
            "--no-images", action="store_true", help="titles alone; includes products without a picture"
        )
        parser.add_argument("--wait", action="store_true", help="until the run is done; starts a worker if none runs")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        try:
            run = self._start(options)
        except RunRefused as error:
            raise CommandError(str(error)) from error
        if options["wait"]:
            self._wait(run)
        elif not Worker.objects.alive().exists() and not options["json"]:
            self.stdout.write("No worker is running, so nothing happens yet: start one with `make worker`.")
        progress = run_progress(run)
        self.stdout.write(json.dumps(progress.as_dict()) if options["json"] else progress.account())
        if options["wait"] and not progress.complete:
            raise CommandError(f"Run {run.name} is {progress.state}: {progress.message}")

    def _start(self, options: dict) -> Run:
        asked = RunSettings.checked(
            relations=options["relations"],
            samples=options["samples"],
            with_images=not options["no_images"],
            limit=options["limit"],
        )
        backend = {"backend": options["backend"], "base_urls": options["base_url"]}
        model = backend_check(model=options["model"], **backend)
        broker_check()
        run, new = run_start(name=options["run"], model=model, settings=asked, **backend)
        run_wake(run)
        if not options["json"]:
            self.stdout.write(f"Run {run.name} {'starts' if new else 'goes on'}: {run_progress(run).plan()}")
        return run

    def _wait(self, run: Run) -> None:
        if run_progress(run).ended:
            return
        with one_worker(say=self.stderr.write):
            shown = ""
            while not (progress := run_progress(run)).ended:
                # In a log only what stands in the way is worth a line.
                line = progress.line() if sys.stderr.isatty() else progress.message
                if line != shown:
                    self._show(line)
                shown = line
                time.sleep(0.5)
            if sys.stderr.isatty():
                self._show("")

    def _show(self, line: str) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r\033[K{line}", ending="")
            self.stderr.flush()
        elif line:
            self.stderr.write(line)
