"""A gain: begun, and gone on with from whatever is there already. Each step is skipped where its result stands."""

import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from common.refusals import Refused
from common.rows import row_going_on
from distillation.models import Run
from distillation.pipeline.relations import RELATIONS
from knowledge.exports.selection import Selection
from knowledge.instructions.controls import Control
from knowledge.instructions.exporting import InstructionRequest, instructions_export
from research.evaluations.excluding import benchmark_excluded
from research.evaluations.services import Settings, evaluation_ask, evaluation_start
from research.evaluations.sets import question_set_load
from research.gains.arms import BASE, Arm
from research.gains.equal import counted, equalled, smallest
from research.gains.refusals import GainRefused
from research.gains.serving import address_check, names_check, serve_command, served
from research.gains.table import gain_table
from research.models import Evaluation, Gain, Training
from research.questions.intentionqa import NAME
from research.trainings.services import training_start
from research.trainings.supervising import environment_check, training_run
from research.trainings.trainer.spec import Spec

Say = Callable[[str], object]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """`training` is a spec's settings without name and data; `base_url` is empty where the server is our own."""

    name: str
    run: Run
    benchmark: Path
    arms: list[Arm]
    training: Mapping[str, Any]
    task: str = "both"
    mode: str = "zero-shot"
    limit: int | None = None

    def as_config(self) -> dict[str, Any]:
        return {
            "benchmark": str(self.benchmark), "arms": [arm.as_dict() for arm in self.arms],
            "training": dict(self.training), "task": self.task, "mode": self.mode, "limit": self.limit,
        }  # fmt: skip


@transaction.atomic
def gain_start(*, asked: Asked, base_url: str = "", created_by: User | None = None) -> Gain:
    """The one of this name goes on, if it was asked for with what it has. Raises Refused, and takes no name then."""
    environment_check()
    address_check(base_url)
    benchmark_excluded(asked.benchmark)  # is it there, and whole?
    new = Gain(name=asked.name, run=asked.run, config=asked.as_config(), created_by=created_by)
    new.folder = str(Path(settings.TRAIN_FOLDER) / f"{asked.name}.data")
    but = ("created_by", "run", "folder", "data", "results")
    if there := row_going_on(new, but=but, asked=_asked_for, refused=GainRefused):
        return there
    new.save()
    return new


def _asked_for(gain: Gain) -> dict[str, Any]:
    return {"run": gain.run.name, **gain.config}


def gain_go_on(*, gain: Gain, base_url: str = "", say: Say = lambda line: None) -> Gain:
    """To the table. Raises Refused where a step can't be made; what was made stays, and the next call goes on."""
    why = "Stopped before the end: give the same command again to go on."
    _move(gain, Gain.State.RUNNING, "")
    try:
        _exported(gain, say)
        _equalled(gain, say)
        trainings = {arm: _trained(gain, arm, say) for arm in gain.arms}
        evaluations = _evaluated(gain, trainings, base_url, say)
        Gain.objects.filter(pk=gain.pk).update(results=gain_table(gain, trainings, evaluations), finished_at=Now())
        why = ""
    except Refused as refused:
        why = str(refused)
        raise
    finally:
        _move(gain, Gain.State.STOPPED if why else Gain.State.DONE, why)
    gain.refresh_from_db()
    return gain


def _move(gain: Gain, state: str, why: str) -> None:
    Gain.objects.filter(pk=gain.pk).update(state=state, message=why[:500])


def _exported(gain: Gain, say: Say) -> None:
    """All that each arm could be taught with, less what the benchmark asks."""
    excluded = benchmark_excluded(Path(gain.config["benchmark"]))
    for arm in gain.arms.values():
        output = Path(gain.folder) / "all" / arm["name"]
        if (output / "manifest.json").exists():
            continue
        output.parent.mkdir(parents=True, exist_ok=True)
        say(f"{arm['name']}: export ({arm['words']})")
        instructions_export(
            InstructionRequest(
                selection=_selection(arm), output=output, seed=gain.config["training"]["seed"], excluded=(excluded,),
                control=Control(every=arm["every"], shuffled=arm["shuffled"], verdicts=False),
            )
        )  # fmt: skip


def _selection(arm: Mapping[str, Any]) -> Selection:
    others = ",".join(code for code in RELATIONS if code != arm["without"]) if arm["without"] else ""
    return Selection.checked(run=arm["run"], threshold=arm["threshold"], relation=others, drawn=arm["drawn"])


def _equalled(gain: Gain, say: Say) -> None:
    """Each arm cut to the smallest, so that steps are equal too."""
    every = Path(gain.folder) / "all"
    if not gain.data:
        counts = {arm: counted(every / arm) for arm in gain.arms}
        gain.data = {"there": counts, "taught": smallest(counts)}
        Gain.objects.filter(pk=gain.pk).update(data=gain.data)
    taught = gain.data["taught"]
    say(f"Each arm is taught {sum(taught['train'].values()):,} records, as many as the smallest has")
    for arm in gain.arms:
        target = _taught(gain, arm)
        if not (target / "manifest.json").exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            equalled(every / arm, target, taught, gain.config["training"]["seed"])


def _taught(gain: Gain, arm: str) -> Path:
    return Path(gain.folder) / "taught" / arm


def _trained(gain: Gain, arm: str, say: Say) -> Training:
    spec = Spec(name=gain.of(arm), data=str(_taught(gain, arm)), **gain.config["training"])
    training, _ = training_start(spec=spec)
    if training.state == Training.State.DONE and training.adapter.exists():
        return training
    say(f"{arm}: training")
    training = training_run(training=training, worker=f"evaluate_gain on {socket.gethostname()}")
    if training.state != Training.State.DONE:
        raise GainRefused(f"{training.name} is {training.get_state_display()}: {training.message}")
    return training


def _evaluated(gain: Gain, trainings: Mapping[str, Training], base_url: str, say: Say) -> dict[str, Evaluation]:
    """The base and each adapter, asked the same of one server."""
    base = gain.config["training"]["base"]
    models = {BASE: base, **{arm: training.name for arm, training in trainings.items()}}
    done = Evaluation.objects.filter(name__in=[gain.of(arm) for arm in models], state=Evaluation.State.DONE)
    if done.count() == len(models):
        return {arm: done.get(name=gain.of(arm)) for arm in models}
    adapters = {training.name: training.adapter for training in trainings.values()}
    rank = gain.config["training"]["rank"]
    with ExitStack() as stack:
        if not base_url:
            say("Starting the model server with the base and every adapter")
            log = Path(gain.folder) / "server.log"
            base_url = stack.enter_context(served(base, adapters, rank, log))
        names_check(base_url, list(models.values()), " ".join(serve_command(base, adapters, rank, 8000)))
        return {arm: _asked(gain, arm, model, base_url, say) for arm, model in models.items()}


def _asked(gain: Gain, arm: str, model: str, url: str, say: Say) -> Evaluation:
    config = gain.config
    questions, tasks = question_set_load(benchmark=NAME, data=Path(config["benchmark"]), task=config["task"])
    asked = Settings.of(mode=config["mode"], tasks=tasks, limit=config["limit"], seed=config["training"]["seed"])
    evaluation, _ = evaluation_start(
        name=gain.of(arm), question_set=questions, settings=asked, backend="openai", model=model, base_urls=[url]
    )
    if evaluation.state != Evaluation.State.DONE:
        say(f"{arm}: {evaluation.questions:,} questions")
        evaluation = evaluation_ask(evaluation=evaluation)
    return evaluation
