"""Fine-tune a language model on instruction data; the same command, or --resume, goes on where it stopped."""

import json
import socket
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.words import duration
from research.models import Training
from research.trainings.refusals import TrainingRefused
from research.trainings.services import training_resume, training_start
from research.trainings.supervising import environment_check, training_run
from research.trainings.trainer.spec import Spec
from research.trainings.waking import training_wake_or_say

DEFAULT = Spec(name="", data="", base="")
NUMBERS = {
    "--rank": (int, "of the adapter"),
    "--epochs": (float, "passes over the data"),
    "--lr": (float, "learning rate, falling as a cosine after a short warm-up"),
    "--seed": (int, "of everything that is drawn"),
    "--batch": (int, "records at a time on each device"),
    "--gather": (int, "batches a step"),
    "--max-length": (int, "tokens of a record; longer ones are cut"),
    "--log-every": (int, "steps a point of the curve"),
    "--save-every": (int, "steps a checkpoint"),
}


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--data", type=Path, metavar="DIR", help="what export_instructions wrote")
        parser.add_argument("--base", metavar="PATH|NAME", help="an instruction-tuned model: a folder, or its hub name")
        for flag, (kind, words) in NUMBERS.items():
            default = getattr(DEFAULT, flag[2:].replace("-", "_"))
            parser.add_argument(flag, type=kind, default=default, metavar="N", help=f"{words} ({default:g})")
        parser.add_argument("--steps", type=int, metavar="N", help="so many steps, whatever --epochs says")
        parser.add_argument("--qlora", action="store_true", help="hold the base in 4 bits; needs a GPU")
        parser.add_argument("--chat-template", type=Path, metavar="FILE", help="for a base that has none")
        parser.add_argument("--resume", action="store_true", help="go on with what NAME was started with")
        parser.add_argument("--queue", action="store_true", help="leave it to a worker: manage.py worker --queue train")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        self.as_json = options["json"]
        try:
            if not options["queue"]:
                environment_check()
            training = self._started(options)
            if training.state != Training.State.DONE:
                training = self._queued(training) if options["queue"] else self._trained(training)
        except TrainingRefused as error:
            raise CommandError(str(error)) from error
        if training.state == Training.State.STOPPED:
            raise CommandError(training.message)
        self.stdout.write(json.dumps(_summary(training)) if options["json"] else "\n".join(_lines(training)))

    def _started(self, options: dict[str, Any]) -> Training:
        if options["resume"] and not (options["data"] or options["base"]):
            found = Training.objects.filter(name=options["name"]).first()
            if found is None:
                raise TrainingRefused(f"There is no training named {options['name']}: give --data and --base")
            return found
        if not (options["data"] and options["base"]):
            raise TrainingRefused("--data and --base: name the instruction data and the model to begin with")
        return training_start(spec=spec_of(options))[0]

    def _queued(self, training: Training) -> Training:
        training_resume(training=training)
        self.stderr.write(training_wake_or_say(training))
        return training

    def _trained(self, training: Training) -> Training:
        return training_run(training=training, worker=f"a command on {socket.gethostname()}", heard=self._heard)

    def _heard(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            if (line := _told(event)) and not self.as_json:
                self.stderr.write(line)


def spec_of(options: dict[str, Any]) -> Spec:
    """Raises TrainingRefused."""
    names = [flag[2:].replace("-", "_") for flag in NUMBERS]
    base = Path(options["base"])
    return Spec(
        name=options["name"],
        data=str(options["data"].resolve()),
        base=str(base.resolve()) if base.exists() else options["base"],
        chat_template=_template(options["chat_template"]),
        **{name: options[name] for name in (*names, "steps", "qlora")},
    )


def _template(path: Path | None) -> str:
    try:
        return path.read_text(encoding="utf-8") if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingRefused(f"--chat-template {path}: it can't be read as text") from error


def _told(event: dict[str, Any]) -> str:
    match event["event"]:
        case "started":
            learnt = f"{event['learnt_an_epoch']:,} tokens to learn an epoch"
            left = "".join(f", {n:,} {words}" for n, words in _unfit(event) if n)
            return f"{event['records']:,} records{left}; {learnt}; {event['steps']:,} steps on {event['device']}"
        case "resumed":
            for step, why in event["damaged"]:
                return f"Checkpoint {step} is damaged ({why}); goes on from {event['step']}"
            return f"Goes on from checkpoint {event['step']}"
        case "loss":
            return f"step {event['step']:,}: loss {event['loss']:.4f}, {event['rate']:,.0f} tokens/s"
        case "validation":
            return f"step {event['step']:,}: validation loss {event['loss']:.4f}"
    return ""


def _unfit(event: dict[str, Any]) -> list[tuple[int, str]]:
    return [(event["cut"], "cut at --max-length"), (event["without"], "left out: nothing to learn in them")]


def _summary(training: Training) -> dict[str, Any]:
    return {
        "name": training.name, "state": training.state, "step": training.step, "steps": training.steps,
        "checkpoint": training.checkpoint, "adapter": str(training.adapter) if training.result else None,
        "result": training.result, "facts": training.facts, "seed": training.config["seed"],
        "curve": list(training.points.order_by("step", "kind").values("step", "kind", "loss")),
        "serve": training.serve_line if training.result else None,
    }  # fmt: skip


def _lines(training: Training) -> list[str]:
    if training.state != Training.State.DONE:
        return [f"{training.name}: {training.get_state_display()}, step {training.step:,} of {training.steps:,}"]
    return [
        f"{training.name}: done, {training.step:,} steps in {duration(training.seconds)}",
        f"Adapter: {training.adapter}, sha256 {training.result['sha256']}",
        f"Serve it: {training.serve_line}",
    ]
