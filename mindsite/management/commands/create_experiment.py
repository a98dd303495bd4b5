"""Compare runs over the same co-buys: one control, and arms that differ from it in one thing each."""

import json
import sys
import time

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from common.refusals import Refused
from distillation.management.control import run_named
from distillation.models import Run
from distillation.runs.reports import run_counts
from distillation.runs.wake import broker_check
from distillation.tasks import run_wake
from mindsite.workers import one_worker
from research.experiments.factors import FACTORS, vary_parse
from research.experiments.making import arms_check, experiment_create, experiment_plan
from research.models import Arm, Experiment


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--control", required=True, metavar="RUN")
        parser.add_argument(
            "--vary", action="append", default=[], metavar="FACTOR=a,b",
            help=f"an arm for each value; factors: {', '.join(FACTORS)}; a model as model=NAME@SERVER; "
            "strictness=.3,.7 and filter=none,random read the control's verdicts anew, without a call",
        )  # fmt: skip
        parser.add_argument("--runs", default="", metavar="A,B", help="finished runs as arms, the control among them")
        parser.add_argument("--question", default="", help="what it is to answer")
        parser.add_argument("--wait", action="store_true", help="until all arms are done; starts a worker if none runs")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: object, **options) -> None:
        try:
            experiment = self._create(options)
        except Refused as error:
            raise CommandError(str(error)) from error
        runs = [arm.run for arm in experiment.arms.select_related("run")]
        if options["wait"]:
            self._wait(runs)
        if options["json"]:
            arms = [_named(arm) for arm in experiment.arms.select_related("run")]
            self.stdout.write(json.dumps({"experiment": experiment.name, "arms": arms}))
        if options["wait"] and (stopped := _stopped(runs)):
            raise CommandError(f"Run {stopped.name} is {stopped.state}: {stopped.message}")

    def _create(self, options: dict) -> Experiment:
        names = [name.strip() for name in options["runs"].split(",") if name.strip()]
        runs, vary = [run_named(name) for name in names], vary_parse(options["vary"])
        plan = experiment_plan(control=run_named(options["control"]), runs=runs, vary=vary, any_server=True)
        (self.stderr if options["json"] else self.stdout).write(plan.forecast.words(), style_func=str)
        checked = arms_check(plan)
        if plan.new:
            broker_check()
        with transaction.atomic():
            experiment = experiment_create(
                name=options["name"], plan=plan, checked=checked, question=options["question"]
            )
            for arm in experiment.arms.to_start().order_by("run"):
                run_wake(arm.run)
        return experiment

    def _wait(self, runs: list[Run]) -> None:
        with one_worker(say=self.stderr.write):
            while any(run.state == Run.State.RUNNING for run in runs):
                time.sleep(0.5)
                for run in runs:
                    run.refresh_from_db(fields=["state", "message"])
                if sys.stderr.isatty():
                    counts = [run_counts(run) for run in runs]
                    ended, units = sum(each.ended for each in counts), sum(each.units for each in counts)
                    self.stderr.write(f"\r\033[K{len(runs)} arms: {ended:,}/{units:,}", ending="")
                    self.stderr.flush()


def _named(arm: Arm) -> dict[str, str]:
    """A reading of the control has the control's run, and says how it is read."""
    return {"run": arm.run.name, **({arm.factor: arm.value} if arm.reading else {})}


def _stopped(runs: list[Run]) -> Run | None:
    return next((run for run in runs if run.state != Run.State.DONE), None)
