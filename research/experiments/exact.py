"""What is counted of an experiment's runs, without anybody's judgment: exact, so without an interval."""

from dataclasses import dataclass
from typing import Any, Literal

from django.db import connection
from django.db.models import Sum

from distillation.models import Run, RunTick
from distillation.runs.pictures import LEFT_OUT, left_out_cobuys
from distillation.runs.timeline import COUNTED, Tally
from research.experiments.keeping import keeping, with_verdicts
from research.models import Arm

COUNTS = """
    SELECT i.{by}, count(*), count(*) FILTER (WHERE {kept}),
           sum(array_length(regexp_split_to_array(btrim(i.text), '\\s+'), 1))
    FROM distillation_intention i {verdicts}
    WHERE i.run_id = %(run)s AND i.relation = ANY(%(relations)s) AND i.sample < %(samples)s
      AND NOT i.cobuy_id = ANY(%(out)s) GROUP BY i.{by}
"""
FAILED = """
    SELECT {by}, count(*) FROM distillation_failure
    WHERE run_id = %(run)s AND cobuy_id IS NOT NULL AND relation = ANY(%(relations)s) AND sample < %(samples)s
      AND NOT cobuy_id = ANY(%(out)s) AND NOT reason = ANY(%(lost)s) GROUP BY {by}
"""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Of the units of a run on some co-buys: with a verdict (an intention, without a filter), kept, failed calls."""

    verdicts: int
    kept: int
    failed: int
    words: int

    @property
    def ended(self) -> int:
        return self.verdicts + self.failed

    @property
    def share(self) -> float | None:
        """Of those with a verdict."""
        return self.kept / self.verdicts if self.verdicts else None

    @property
    def words_mean(self) -> float | None:
        return self.words / self.verdicts if self.verdicts else None

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Of all that ended: failed calls as all no and as all yes."""
        return (self.kept / self.ended, (self.kept + self.failed) / self.ended) if self.ended else None

    def __add__(self, other: "Outcomes") -> "Outcomes":
        return Outcomes(
            self.verdicts + other.verdicts, self.kept + other.kept, self.failed + other.failed, self.words + other.words
        )


NOTHING = Outcomes(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Kept:
    """Arm less control in the kept share on what both were asked; bounds take failed calls either way."""

    difference: float | None
    bounds: tuple[float, float] | None
    cobuys: int
    arm: Outcomes
    control: Outcomes


@dataclass(frozen=True, slots=True)
class ArmFigures:
    arm: Arm
    units: int
    owed: int
    whole: Outcomes
    common: Outcomes
    left_out: int
    unchanged: int
    tally: Tally
    cost: float | None
    against: Kept | None

    @property
    def adds_up(self) -> bool:
        """Every unit has a verdict, has failed, was lost with its picture, or is owed."""
        lost = self.left_out * self.arm.run.units_per_cobuy
        return self.units == self.whole.ended + lost + self.owed


@dataclass(frozen=True, slots=True)
class Exact:
    arms: tuple[ArmFigures, ...]
    cobuys: int
    common: int
    relations: tuple[str, ...]

    @property
    def lost(self) -> int:
        """Of the co-buys those that a treatment has taken from an arm."""
        return self.cobuys - self.common


def exact(arms: list[Arm]) -> Exact:
    """The control is first."""
    control = next(arm for arm in arms if arm.is_control)
    shared = shared_by([arm.run for arm in arms])
    lost = {arm.pk: left_out_cobuys(arm.run) for arm in arms}
    everywhere, n = set().union(*lost.values()), control.run.cobuys.count()
    lost_of_control = next(lost[arm.pk] for arm in arms if arm.is_control)
    rows = [
        _figures(
            arm,
            control,
            shared,
            lost=lost[arm.pk],
            lost_of_pair=lost[arm.pk] | lost_of_control,
            out=everywhere,
            cobuys=n,
        )
        for arm in arms
    ]
    return Exact(tuple(rows), n, n - len(everywhere), shared[0])


def outcomes(arm: Arm, relations: tuple[str, ...], samples: int, out: set[int]) -> Outcomes:
    return sum(outcomes_by("relation", arm, relations, samples, out).values(), NOTHING)


def outcomes_by(
    by: Literal["relation", "cobuy_id"], arm: Arm, relations: tuple[str, ...], samples: int, out: set[int]
) -> dict[Any, Outcomes]:
    keeps = keeping(arm)
    params: dict[str, int | float | list] = {
        **keeps.params,
        "run": arm.run_id,
        "relations": list(relations),
        "samples": samples,
        "out": list(out),
        "lost": list(LEFT_OUT),
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNTS.format(by=by, kept=keeps.sql, verdicts=with_verdicts(arm.run)), params)
        counted = {part: Outcomes(n, kept, 0, int(words or 0)) for part, n, kept, words in cursor}
        cursor.execute(FAILED.format(by=by), params)
        for part, failed in cursor:
            counted[part] = counted.get(part, NOTHING) + Outcomes(0, 0, failed, 0)
    return counted


def _figures(
    arm: Arm,
    control: Arm,
    shared: tuple[tuple[str, ...], int],
    *,
    lost: set[int],
    lost_of_pair: set[int],
    out: set[int],
    cobuys: int,
) -> ArmFigures:
    run = arm.run
    sums = RunTick.objects.filter(run=run).aggregate(**{name: Sum(name, default=0) for name in COUNTED})
    own = (tuple(run.config["relations"]), run.config["samples"])
    unchanged = run.failures.filter(reason="unchanged").values("cobuy").distinct().count()
    return ArmFigures(
        arm=arm,
        units=run.config.get("imported") or cobuys * run.units_per_cobuy,
        owed=run.cobuys.filter(n_owed__gt=0).aggregate(n=Sum("n_owed", default=0))["n"],
        whole=outcomes(arm, *own, lost),
        common=outcomes(arm, *shared, out),
        left_out=len(lost),
        unchanged=unchanged,
        tally=Tally() if arm.reading else Tally(**sums),
        cost=None if arm.reading else Tally(**sums).cost(run.prices),
        against=None if arm.is_control else _against(arm, control, shared, lost_of_pair, cobuys),
    )


def _against(arm: Arm, control: Arm, shared: tuple[tuple[str, ...], int], out: set[int], cobuys: int) -> Kept:
    return kept_against(outcomes(arm, *shared, out), outcomes(control, *shared, out), cobuys - len(out))


def kept_against(one: Outcomes, other: Outcomes, cobuys: int) -> Kept:
    difference = None if one.share is None or other.share is None else one.share - other.share
    bounds = None
    if one.bounds and other.bounds:
        bounds = one.bounds[0] - other.bounds[1], one.bounds[1] - other.bounds[0]
    return Kept(difference, bounds, cobuys, one, other)


def shared_by(runs: list[Run]) -> tuple[tuple[str, ...], int]:
    """Relations and samples that all arms have."""
    of_all = set.intersection(*(set(run.config["relations"]) for run in runs))
    return tuple(code for code in runs[0].config["relations"] if code in of_all), min(
        run.config["samples"] for run in runs
    )
