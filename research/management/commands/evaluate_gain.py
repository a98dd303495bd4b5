"""Export without the benchmark, fine-tune, serve, evaluate before and after, compare: with control arms, resumable."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.refusals import Refused
from distillation.models import Run
from research.gains.arms import DEFAULT, arms_parsed
from research.gains.refusals import GainRefused
from research.gains.services import Asked, gain_go_on, gain_start
from research.gains.words import gain_lines
from research.management.commands.finetune import DEFAULT as SPEC
from research.management.commands.finetune import NUMBERS
from research.questions.intentionqa import ASKED
from research.questions.prompts import MODES
from research.trainings.trainer.spec import Spec


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", default="", help="of the whole (the run's name and -gain)")
        parser.add_argument("--run", required=True)
        parser.add_argument("--base", required=True, metavar="PATH|NAME", help="an instruction-tuned model")
        parser.add_argument("--data", required=True, type=Path, metavar="DIR", help="IntentionQA's question files")
        parser.add_argument(
            "--arms", default="", help=f"controls beside the method ({','.join(DEFAULT)}, and without-RELATION of the "
            "relation most kept); or none, without-RELATION, no-pictures=RUN, folkscope=RUN"
        )  # fmt: skip
        parser.add_argument("--task", choices=list(ASKED), default="both")
        parser.add_argument("--mode", choices=list(MODES), default="zero-shot")
        parser.add_argument("--limit", type=int, metavar="N", help="only the first N rows of each task")
        parser.add_argument("--base-url", default="", metavar="URL", help="a server that runs (else vllm serve is run)")
        for flag, (kind, words) in NUMBERS.items():
            default = getattr(SPEC, flag[2:].replace("-", "_"))
            parser.add_argument(flag, type=kind, default=default, metavar="N", help=f"{words} ({default:g})")
        parser.add_argument("--steps", type=int, metavar="N", help="so many steps an arm, whatever --epochs says")
        parser.add_argument("--qlora", action="store_true")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        try:
            gain = gain_start(asked=_asked(options), base_url=options["base_url"])
            gain = gain_go_on(gain=gain, base_url=options["base_url"], say=self.stderr.write)
        except Refused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(gain.results) if options["json"] else "\n".join(gain_lines(gain)))


def _asked(options: dict[str, Any]) -> Asked:
    run = Run.objects.filter(name=options["run"]).first()
    if run is None:
        raise GainRefused(f"There is no run named {options['run']}")
    names = [flag[2:].replace("-", "_") for flag in NUMBERS]
    base = Path(options["base"])
    training = {name: options[name] for name in (*names, "steps", "qlora")}
    training["base"] = str(base.resolve()) if base.exists() else options["base"]
    if problem := Spec(name="", data="", **training).problem():
        raise GainRefused(problem)
    return Asked(
        name=options["name"] or f"{run.name[:55]}-gain", run=run, benchmark=options["data"].resolve(),
        arms=arms_parsed(options["arms"], run), training=training, task=options["task"], mode=options["mode"],
        limit=options["limit"],
    )  # fmt: skip
