"""How far an experiment's arms are, as one and each: counted where it costs the same at any size."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from distillation.models import Run
from distillation.runs.reports import run_counts, run_revision
from research.models import Arm, Experiment


@dataclass(frozen=True, slots=True)
class ArmProgress:
    arm: Arm
    units: int
    through: int
    failed: int

    @property
    def percent(self) -> float:
        return 100 * self.through / self.units if self.units else 100.0

    @property
    def failed_percent(self) -> float:
        return 100 * self.failed / self.units if self.units else 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    revision: str
    arms: tuple[ArmProgress, ...]
    going_on: bool

    @property
    def units(self) -> int:
        return sum(each.units for each in self.arms)

    @property
    def ended(self) -> int:
        return sum(each.through + each.failed for each in self.arms)


def experiment_progress(experiment: Experiment) -> Progress:
    """Readings have no run of their own, so they are not among the arms."""
    revision = experiment_revision(experiment)  # first: what is written in between is shown again, never missed
    arms = _arms(experiment)
    return Progress(
        revision=revision,
        arms=tuple(_of(arm) for arm in arms),
        going_on=any(arm.run.state in (Run.State.RUNNING, Run.State.PAUSED) for arm in arms),
    )


def experiment_revision(experiment: Experiment) -> str:
    return f"{crc32(''.join(run_revision(arm.run) for arm in _arms(experiment)).encode()):08x}"


def _arms(experiment: Experiment) -> list[Arm]:
    return list(experiment.arms.filter(reading="").select_related("run"))


def _of(arm: Arm) -> ArmProgress:
    counts = run_counts(arm.run)
    return ArmProgress(arm, counts.units, counts.verdicts, counts.ended - counts.verdicts)
