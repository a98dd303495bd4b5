"""Start or resume a run: features of each product, purchase intentions, verdicts of the role-aware filter."""

import json
import sys
import time
from dataclasses import replace

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from common.kept import STRICTNESS
from distillation.catalog.selection import catalog_of
from distillation.lvlm import BACKENDS
from distillation.management.selecting import selection_add, selection_asked
from distillation.models import Run, Worker
from distillation.pipeline.filters import versions
from distillation.runs.changes import run_set_strictness
from distillation.runs.reports import run_progress
from distillation.runs.servers import backend_check
from distillation.runs.services import RunRefused, RunSettings, filter_named, run_start
from distillation.runs.wake import broker_check
from distillation.tasks import run_wake
from distillation.treatments.names import SHORT
from mindsite.workers import one_worker

STARTS_WITHIN_S = 20


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--run", required=True, metavar="NAME")
        parser.add_argument("--backend", choices=BACKENDS, default="baseline")
        parser.add_argument(
            "--base-url", action="append", default=[], metavar="URL[,N]",
            help="model server, and how many calls it may have in flight; may be given several times",
        )  # fmt: skip
        parser.add_argument("--model", default="", help="as the server names it; default: the only one it serves")
        parser.add_argument("--relations", default="mind", help="a preset (mind, folkscope, all) or codes: usedFor,isA")
        parser.add_argument("--samples", type=int, default=1, help="intentions for each co-buy and relation")
        parser.add_argument("--limit", type=int, help="only the first N co-buys")
        selection_add(parser, otherwise="the newest, or what the run was started with")
        parser.add_argument(
            "--no-images", action="store_true", help="titles alone; includes products without a picture"
        )
        parser.add_argument(
            "--pictures", default="as-is", metavar="TREATMENT",
            help=f"what is done to them first: {', '.join(SHORT)}",
        )  # fmt: skip
        parser.add_argument("--no-titles", action="store_true", help="products without their titles")
        parser.add_argument("--no-features", action="store_true", help="without step 1's descriptions")
        parser.add_argument(
            "--side-by-side",
            action="store_true",
            help="both pictures on one canvas, for a server that takes one",
        )
        parser.add_argument("--prompts", default="mind-1", help="a version, or a folder of your own")
        parser.add_argument("--no-filter", action="store_true", help="no verdicts: all intentions count as kept")
        parser.add_argument(
            "--filter", default="", metavar="VERSION",
            help=f"the filter in other words: {', '.join(versions())}, or a folder of your own",
        )  # fmt: skip
        parser.add_argument("--filter-model", default="", help="another model filters, at the same servers or …")
        parser.add_argument("--filter-base-url", action="append", default=[], metavar="URL[,N]", help="… at its own")
        parser.add_argument("--temperature", type=float, default=0.2)
        parser.add_argument("--max-tokens", type=int, default=512, help="for an answer")
        parser.add_argument("--strictness", type=float, help=f"keep from this p(yes) on; default: {STRICTNESS:g}")
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
            pictures=options["pictures"],
            with_titles=not options["no_titles"],
            with_features=not options["no_features"],
            side_by_side=options["side_by_side"],
            limit=options["limit"],
            prompts=options["prompts"],
            filter=filter_named(options["filter"], no_filter=options["no_filter"]),
            filter_model=options["filter_model"],
            filter_base_urls=options["filter_base_url"],
            temperature=options["temperature"],
            max_tokens=options["max_tokens"],
            catalog=selection_asked(options),
        )
        backend = {"backend": options["backend"], "base_urls": options["base_url"], "any_server": True}
        checked = backend_check(model=options["model"], config=asked.as_config(), **backend)
        broker_check()
        with transaction.atomic():
            run, new = run_start(
                name=options["run"], model=checked.model, servers=checked.servers, settings=asked, **backend
            )
            if options["strictness"] is not None:
                run_set_strictness(run=run, strictness=options["strictness"])
            run_wake(run)
        if not options["json"]:
            self.stdout.writelines(f"{note}\n" for note in checked.notes)
            self.stdout.write(f"Run {run.name} {'starts' if new else 'goes on'}: {run_progress(run).plan()}")
            if words := catalog_of(run).words:
                self.stdout.write(f"Its co-buys are those of {words}.")
        return run

    def _wait(self, run: Run) -> None:
        if run_progress(run).ended:
            return
        with one_worker(say=self.stderr.write, concurrency=1 if run.backend == "vllm" else 2):
            shown, starting_until = "", time.monotonic() + STARTS_WITHIN_S
            while True:
                # Asked first: the worker that is starting may show itself between the two.
                is_starting = time.monotonic() < starting_until and not Worker.objects.alive().exists()
                progress = run_progress(run)
                if progress.ended:
                    break
                if is_starting:
                    progress = replace(progress, message="")  # it would say that no worker is running
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
