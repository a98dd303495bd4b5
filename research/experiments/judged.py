"""What people say of an experiment's arms: pairs of intentions on the same co-buy and relation, in a paired study."""

from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.models import Study
from common.kept import kept_sql
from distillation.models import Run
from distillation.pipeline.relations import RELATIONS
from research.experiments.exact import ArmFigures
from research.models import Arm
from stats.arms import ArmDifference, Known, arm_difference, bounded, holm, pairs_to_find
from stats.estimate import Estimate
from stats.packing import unpack
from stats.paired import NO_COMMON
from stats.sample import sample_of

FEWEST_OF_RELATION = 10
WORTH_FINDING = (0.03, 0.05, 0.1)
PAIRS = f"""
    SELECT ta.cobuy_id, ta.relation, a.inclusion_probability, a.p_yes, b.p_yes,
           {kept_sql("a.p_yes", "%(a_from)s", "a.filter_yes")}, {kept_sql("b.p_yes", "%(b_from)s", "b.filter_yes")},
           a.plausibility_tally, a.typicality_tally, b.plausibility_tally, b.typicality_tally
    FROM annotation_item a JOIN distillation_intention ta ON ta.id = a.intention_id
    JOIN distillation_intention tb
      ON tb.run_id = %(b)s AND (tb.cobuy_id, tb.relation, tb.sample) = (ta.cobuy_id, ta.relation, ta.sample)
    JOIN annotation_item b ON b.intention_id = tb.id AND b.study_id = a.study_id
    WHERE a.study_id = %(study)s AND a.run_id = %(a)s AND a.gold IS NULL AND b.gold IS NULL
      AND a.n_judged > 0 AND b.n_judged > 0 ORDER BY a.id
"""  # noqa: S608 - a rule of our own
KNOWN = """
    SELECT avg(va.p_yes - vb.p_yes), bool_or(va.p_yes IS NULL OR vb.p_yes IS NULL)
    FROM distillation_intention a JOIN distillation_verdict va ON va.intention_id = a.id
    JOIN distillation_intention b
      ON b.run_id = %(b)s AND (b.cobuy_id, b.relation, b.sample) = (a.cobuy_id, a.relation, a.sample)
    JOIN distillation_verdict vb ON vb.intention_id = b.id WHERE a.run_id = %(a)s
"""


@dataclass(frozen=True, slots=True)
class Judged:
    """A figure of an arm and of the control on their common pairs, and by how much they differ; `p` is Holm's."""

    arm: Arm
    name: str
    of_arm: Estimate
    of_control: Estimate
    difference: ArmDifference
    p: float | None
    bounds: tuple[float, float] | None
    by_relation: dict[str, ArmDifference]

    @property
    def is_clear(self) -> bool:
        return self.p is not None and self.p < 0.05

    @property
    def needed(self) -> dict[float, int | None]:
        return {wanted: pairs_to_find(self.difference, wanted) for wanted in WORTH_FINDING}


@dataclass(frozen=True, slots=True)
class _Pairs:
    cobuy: NDArray[np.int64]
    relation: NDArray[np.str_]
    weights: NDArray[np.float64]
    known: Known | None
    shares: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]


def paired_studies(arms: list[Arm]) -> list[Study]:
    """Studies drawn in pairs over the control and another arm; the newest first."""
    control = next(arm.run for arm in arms if arm.is_control)
    others = [arm.run for arm in arms if not arm.is_control]
    studies = Study.objects.filter(paired=True, runs=control).order_by("-pk")
    return [study for study in studies if study.runs.filter(pk__in=[run.pk for run in others]).exists()]


def judged(study: Study, arms: list[Arm], figures: tuple[ArmFigures, ...]) -> list[Judged]:
    control = next(arm.run for arm in arms if arm.is_control)
    of_study = set(study.runs.values_list("pk", flat=True))
    others = [each for each in figures if not each.arm.is_control and each.arm.run_id in of_study]
    pairs = {each.arm.pk: _pairs(study, each.arm.run, control) for each in others}
    names = [question.short for question in study.questions] + ["Filter accuracy"]
    return [row for name in names for row in _of_figure(name, others, pairs)]


def _of_figure(name: str, others: list[ArmFigures], pairs: dict[int, _Pairs]) -> list[Judged]:
    """The arms' differences in one figure are the looks that Holm corrects for."""
    found = []
    for each in others:
        a, b = pairs[each.arm.pk].shares[name]
        found.append((each, pairs[each.arm.pk], a, b, _difference(pairs[each.arm.pk], a, b, name)))
    told = [difference.p for *_, difference in found if difference.p is not None]
    corrected = iter(holm(told).tolist())
    return [
        Judged(
            arm=each.arm,
            name=name,
            of_arm=_share(those, a),
            of_control=_share(those, b),
            difference=difference,
            p=None if difference.p is None else next(corrected),
            bounds=bounded(difference.figure, _failed(each)),
            by_relation=_by_relation(those, a, b, name),
        )
        for each, those, a, b, difference in found
    ]


def _failed(each: ArmFigures) -> float:
    if each.against is None or not each.against.arm.ended:
        return 0.0
    arm, control = each.against.arm, each.against.control
    return min(1.0, arm.failed / arm.ended + control.failed / max(control.ended, 1))


def _by_relation(pairs: _Pairs, a: NDArray, b: NDArray, name: str) -> dict[str, ArmDifference]:
    found = {}
    for code in np.unique(pairs.relation):
        within = pairs.relation == code
        if (within & ~np.isnan(a) & ~np.isnan(b)).sum() >= FEWEST_OF_RELATION:
            found[RELATIONS[str(code)].words or "open"] = _difference(pairs, a, b, name, within, assist=False)
    return found


def _difference(
    pairs: _Pairs, a: NDArray, b: NDArray, name: str, within: NDArray | None = None, *, assist: bool = True
) -> ArmDifference:
    both = ~np.isnan(a) & ~np.isnan(b) & (True if within is None else within)
    known = pairs.known if assist and name != "Filter accuracy" else None
    if known is not None:
        known = Known(known.of_pairs[both], known.mean)
    return arm_difference(a[both], b[both], pairs.weights[both], clusters=pairs.cobuy[both], known=known)


def _share(pairs: _Pairs, values: NDArray) -> Estimate:
    there = ~np.isnan(values)
    sample = sample_of(int(there.sum()), pairs.weights[there], clusters=pairs.cobuy[there])
    return sample.ratio(values[there], np.ones(int(there.sum())), NO_COMMON)


def _pairs(study: Study, arm: Run, control: Run) -> _Pairs:
    params = {"a": arm.pk, "b": control.pk, "study": study.pk}
    with connection.cursor() as cursor:
        cursor.execute(PAIRS, {**params, "a_from": arm.strictness, "b_from": control.strictness})
        rows = np.array(cursor.fetchall(), dtype=object).reshape(-1, 11)
        cursor.execute(KNOWN, params)
        mean, missing = cursor.fetchone()
    first, second = study.questions
    plausible = _shares(first, rows[:, 7]), _shares(first, rows[:, 9])
    p_yes = rows[:, 3:5].astype(float)
    known = None if mean is None or missing else Known(p_yes[:, 0] - p_yes[:, 1], float(mean))
    return _Pairs(
        cobuy=rows[:, 0].astype(np.int64),
        relation=rows[:, 1].astype(str),
        weights=1 / rows[:, 2].astype(float),
        known=known,
        shares={
            first.short: plausible,
            second.short: (_shares(second, rows[:, 8]), _shares(second, rows[:, 10])),
            "Filter accuracy": (_agreeing(rows[:, 5], plausible[0]), _agreeing(rows[:, 6], plausible[1])),
        },
    )


def _shares(question, tallies: NDArray) -> NDArray[np.float64]:
    """Of each item's answers those that say yes; not a number where there is none."""
    counts = unpack(tallies.astype(np.int64), len(question.options))
    total = counts.sum(axis=1)
    return np.where(total > 0, counts @ question.says_yes / np.maximum(total, 1), np.nan)


def _agreeing(kept: NDArray, plausible: NDArray) -> NDArray[np.float64]:
    """The share of people with whom the filter's verdict agrees."""
    verdict = np.array([np.nan if each is None else float(each) for each in kept])
    return np.where(verdict == 1, plausible, np.where(verdict == 0, 1 - plausible, np.nan))
