"""What people say of an experiment's arms, beside what they say of the control."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from annotation.models import Study
from distillation.pipeline.relations import RELATIONS
from research.experiments.exact import ArmFigures
from research.experiments.pairs import ACCURACY, Pairs, pairs_read
from research.experiments.rereading import reread
from research.models import Arm
from stats.arms import ArmDifference, Known, arm_difference, bounded, holm, pairs_to_find
from stats.estimate import Estimate
from stats.paired import NO_COMMON
from stats.sample import sample_of

FEWEST_OF_PART = 10
WORTH_FINDING = (0.03, 0.05, 0.1)


@dataclass(frozen=True, slots=True)
class Judged:
    """A figure of an arm and of the control on their common pairs, and by how much they differ; `p` is Holm's.

    `people` is the difference for people like the annotators; `parts` are differences by relation, category and type,
    and `people_parts` the same for people like them.
    """

    arm: Arm
    name: str
    of_arm: Estimate
    of_control: Estimate
    difference: ArmDifference
    p: float | None = None
    people: Estimate | None = None
    bounds: tuple[float, float] | None = None
    parts: dict[str, dict[str, ArmDifference]] = field(default_factory=dict)
    people_parts: dict[str, dict[str, Estimate]] = field(default_factory=dict)

    @property
    def is_clear(self) -> bool:
        return self.p is not None and self.p < 0.05

    @property
    def needed(self) -> dict[float, int | None]:
        return {wanted: pairs_to_find(self.difference, wanted) for wanted in WORTH_FINDING}


def studies_of(arms: list[Arm]) -> list[Study]:
    """Those that say something of the arms, the best first: drawn in pairs over the control and another arm; where the
    control is only read anew, any of its ratings."""
    control = next(arm.run for arm in arms if arm.is_control)
    others = [arm.run_id for arm in arms if not arm.is_control and not arm.reading]
    studies = Study.objects.of_ratings().filter(runs=control).order_by("-pk")
    paired = [study for study in studies if study.paired and study.runs.filter(pk__in=others).exists()]
    if paired or not any(arm.reading for arm in arms):
        return paired
    return [study for study in studies if study.items.filter(n_judged__gt=0).exists()]


def judged(study: Study, arms: list[Arm], figures: tuple[ArmFigures, ...]) -> list[Judged]:
    control = next(arm for arm in arms if arm.is_control)
    of_study = set(study.runs.values_list("pk", flat=True))
    others = [each for each in figures if not each.arm.is_control and each.arm.run_id in of_study]
    rows = [row for each in others if not each.arm.reading for row in _of_pairs(study, each, control)]
    rows += [
        Judged(each.arm, one.name, one.of_arm, one.of_control, one.difference)
        for each in others
        if each.arm.reading
        for one in reread(study, each.arm, control)
    ]
    names = list(dict.fromkeys(row.name for row in rows))
    return [row for name in names for row in _corrected([row for row in rows if row.name == name])]


def _corrected(rows: Sequence[Judged]) -> list[Judged]:
    """The arms' differences in one figure are the looks that Holm corrects for."""
    told = [row.difference.p for row in rows if row.difference.p is not None]
    p = iter(holm(told).tolist())
    return [row if row.difference.p is None else replace(row, p=next(p)) for row in rows]


def _of_pairs(study: Study, each: ArmFigures, control: Arm) -> list[Judged]:
    pairs = pairs_read(study, each.arm.run, control.run)
    return [_of_figure(name, each, pairs, a, b) for name, (a, b) in pairs.shares.items()]


def _of_figure(name: str, each: ArmFigures, pairs: Pairs, a: NDArray, b: NDArray) -> Judged:
    difference = _difference(pairs, a, b, name)
    parts = {part: _parts(pairs, a, b, part) for part in pairs.parts}
    return Judged(
        arm=each.arm,
        name=name,
        of_arm=_share(pairs, a),
        of_control=_share(pairs, b),
        difference=difference,
        people=pairs.people(name),
        bounds=bounded(difference.figure, _failed(each)),
        parts={
            part: {words: _difference(pairs, a, b, name, within, assist=False) for words, within in found.items()}
            for part, found in parts.items()
        },
        people_parts={
            part: {words: pairs.people(name, within) for words, within in found.items()}
            for part, found in parts.items()
        },
    )


def _failed(each: ArmFigures) -> float:
    if each.against is None or not each.against.arm.ended:
        return 0.0
    arm, control = each.against.arm, each.against.control
    return min(1.0, arm.failed / arm.ended + control.failed / max(control.ended, 1))


def _parts(pairs: Pairs, a: NDArray, b: NDArray, part: str) -> dict[str, NDArray]:
    """Which pairs (pairs,) are of each part that has enough."""
    found = {}
    for value in np.unique(pairs.parts[part]):
        within = pairs.parts[part] == value
        if (within & ~np.isnan(a) & ~np.isnan(b)).sum() >= FEWEST_OF_PART:
            words = (RELATIONS[str(value)].words) if part == "relation" else str(value)
            found[words] = within
    return found


def _difference(
    pairs: Pairs, a: NDArray, b: NDArray, name: str, within: NDArray | None = None, *, assist: bool = True
) -> ArmDifference:
    both = ~np.isnan(a) & ~np.isnan(b) & (True if within is None else within)
    known = pairs.known if assist and name != ACCURACY else None
    if known is not None:
        known = Known(known.of_pairs[both], known.mean)
    return arm_difference(a[both], b[both], pairs.weights[both], clusters=pairs.cobuy[both], known=known)


def _share(pairs: Pairs, values: NDArray) -> Estimate:
    there = ~np.isnan(values)
    sample = sample_of(int(there.sum()), pairs.weights[there], clusters=pairs.cobuy[there])
    return sample.ratio(values[there], np.ones(int(there.sum())), NO_COMMON)
