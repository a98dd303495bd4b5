"""What the pages of trainings show, in words."""

from dataclasses import dataclass
from typing import Any

from annotation.figures.plots import Chart, Curve, Point, chart_scales, line, ticks
from annotation.figures.words import fine, large
from common.words import counted, duration
from research.models import Training, TrainingPoint
from research.trainings.waking import takers_words

HEIGHT = 310
IN_TABLE = 12
Kind, State = TrainingPoint.Kind, Training.State


@dataclass(frozen=True, slots=True)
class Shown:
    """For the template that draws plots."""

    plot: Chart | None


def detail_page(training: Training) -> dict[str, Any]:
    points = list(training.points.order_by("step"))
    train = [point for point in points if point.kind == Kind.TRAIN]
    validation = [point for point in points if point.kind == Kind.VALIDATION]
    return {
        "training": training,
        "going_on": training.state in (State.RUNNING, State.WAITING),
        "percent": 100 * training.step / training.steps if training.steps else 0,
        "takers": takers_words(training) if training.state == State.WAITING else "",
        "ends_in": ends_in(training, train),
        "figures": figures(training, train, validation),
        "curve": Shown(curve(training, train, validation)),
        "table": table(train, validation),
        "settings": settings_words(training),
        "data": data_words(training),
        "versions": training.facts.get("versions", {}),
        "notes": training.notes.order_by("pk"),
        "revision": f"{training.state}-{training.step}-{len(points)}",
    }


def ends_in(training: Training, train: list[TrainingPoint]) -> str:
    """From the pace between the last points; empty where nothing can be said yet."""
    if training.state != State.RUNNING or len(train) < 2 or not training.steps:
        return ""
    first, last = train[-min(len(train), 6)], train[-1]
    seconds, steps = (last.at - first.at).total_seconds(), last.step - first.step
    left = training.steps - last.step
    return duration(seconds / steps * left) if steps > 0 and seconds > 0 and left else ""


def figures(
    training: Training, train: list[TrainingPoint], validation: list[TrainingPoint]
) -> list[tuple[str, str, str]]:
    """(name, value, words beside it)"""
    facts, made = training.facts, []
    if validation:
        best = min(validation, key=lambda point: point.loss)
        at_best = "the lowest so far" if best is validation[-1] else f"lowest {fine(best.loss)}, at step {best.step:,}"
        made.append(("Validation loss", fine(validation[-1].loss), f"{at_best}; the adapter is that of the last step"))
    if train:
        last = train[-1]
        made.append(("Training loss", fine(last.loss), f"at step {last.step:,} of {training.steps:,}"))
        rate = sum(point.rate or 0 for point in train) / len(train)
        made.append(("Tokens a second", f"{rate:,.0f}", memory_words(facts.get("memory"))))
        seen = f"{facts.get('learnt_an_epoch', 0):,} to learn in a pass; the rest is what was asked"
        made.append(("Tokens read", tokens_words(last.tokens or 0), seen))
    made.append(("Time", duration(training.seconds), resumed_words(facts.get("resumed_at", []))))
    return made


def tokens_words(n: int) -> str:
    return large(n) if n < 1_000_000 else f"{n / 1e6:,.1f} M"


def memory_words(taken: int | None) -> str:
    return f"at most {taken / 2**30:,.1f} GiB of the GPU's memory" if taken else "on the CPU"


def resumed_words(at: list[int]) -> str:
    return f"resumed from step {', '.join(f'{step:,}' for step in at)}" if at else "in one go"


def curve(training: Training, train: list[TrainingPoint], validation: list[TrainingPoint]) -> Chart | None:
    both = [point.loss for point in (*train, *validation)]
    if not both:
        return None
    low, high = min(both), max(both)
    margin = max((high - low) * 0.05, 0.01)
    low, high = low - margin, high + margin
    last = max(training.steps, train[-1].step if train else 0, validation[-1].step if validation else 0, 1)
    along, down = chart_scales(HEIGHT, low=low, high=high, right=last)
    marks = [low + (high - low) * part / 4 for part in range(5)]

    def path(points: list[TrainingPoint]) -> str:
        return line([point.step / last for point in points], [point.loss for point in points], low=low, high=high)

    resumed = training.facts.get("resumed_at", [])
    return Chart(
        label=f"Training and validation loss over {last:,} steps; the table has the values",
        across="Step",
        up="Loss",
        height=HEIGHT,
        along=ticks(along, (0, last / 2, last), ("0", f"{round(last / 2):,}", f"{last:,}")),
        down=ticks(down, marks, [fine(mark) for mark in marks]),
        lines=[
            *([Curve(path(train), "c-ink")] if len(train) > 1 else []),
            *([Curve(path(validation), "c-accent dash")] if len(validation) > 1 else []),
        ],
        points=[Point(along(point.step), down(point.loss), hollow=True) for point in validation[:200]],
        marker=along(resumed[-1]) if resumed else None,
        key=[("c-ink", "training"), ("c-accent dash", "validation")],
    )


def table(train: list[TrainingPoint], validation: list[TrainingPoint]) -> list[dict[str, str]]:
    """At most a dozen rows, the last among them."""
    valid = {point.step: point.loss for point in validation}
    every = max(1, -(-len(train) // IN_TABLE))
    return [
        {
            "step": f"{point.step:,}", "train": fine(point.loss), "validation": fine(valid.get(point.step)),
            "tokens": f"{point.tokens or 0:,}", "rate": f"{point.rate or 0:,.0f}",
        }
        for point in train[::-1][::every][::-1]
    ]  # fmt: skip


def settings_words(training: Training) -> list[tuple[str, str]]:
    config, facts = training.config, training.facts
    length = f"{config['steps']:,} steps" if config["steps"] else f"{config['epochs']:g} passes"
    return [
        ("Base", training.base),
        ("Adapter", f"LoRA{', base in 4 bits' if config['qlora'] else ''}, rank {config['rank']}, all linear layers"),
        ("Learning rate", f"{config['lr']:g}, falling as a cosine, 3 % warm-up"),
        ("Length", length + (f"; a step is {counted(facts['a_step'], 'record')}" if "a_step" in facts else "")),
        ("Longest record", f"{config['max_length']:,} tokens"),
        ("Precision", facts.get("precision", "not known yet")),
        ("Seed", str(config["seed"])),
        ("On", facts.get("device", "not known yet")),
        ("Curve, checkpoints", f"every {config['log_every']:,} steps, every {config['save_every']:,} steps"),
    ]


def data_words(training: Training) -> list[tuple[str, str]]:
    facts, manifest = training.facts, training.manifest
    found = [("Folder", training.config["data"])]
    if run := manifest.get("run"):
        found.append(("Run", f"{run['name']} ({run['backend']}, {run['model']})"))
    for benchmark in manifest.get("excluded_benchmarks", []):
        found.append(("Kept out", f"{benchmark['name']}: its {benchmark['pairs']:,} pairs, and texts of its options"))
    if manifest and not manifest.get("excluded_benchmarks"):
        found.append(("Kept out", "no benchmark: what is measured on one may have been trained on"))
    for reason, n in manifest.get("left_out", {}).items():
        found.append(("Left out", f"{n:,} x {reason}"))
    if "records" in facts:
        found.append(("Records", f"{facts['records']:,} to train, {facts['validation']:,} to validate"))
        unfit = f"{facts['cut']:,} cut, {facts['without']:,} left out with nothing to learn"
        found.append(("Too long, empty", unfit))
    if data := facts.get("data"):
        found.append(("SHA-256", data["sha256"]))
    return found
