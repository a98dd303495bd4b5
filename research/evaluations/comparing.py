"""Before and after on the same questions: paired, with co-buys as clusters, and what the benchmark can resolve."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from research.evaluations.refusals import EvaluationRefused
from research.evaluations.results import Answer, answers_of
from research.models import Evaluation
from stats.estimate import Estimate
from stats.matched import Matched, across_trainings, clustered_difference, holm, matched

PAPER_GAINS = {"understanding": 0.0154, "utilisation": 0.0100}
FEWEST_TRAININGS = 3
MANNERS = ("mode", "temperature", "max_tokens", "options_only", "shuffle", "seed", "limit")


@dataclass(frozen=True, slots=True)
class Part:
    """One relation, or one band: `p_value` is Obuchowski's, `holm` that among all parts of its kind."""

    name: str
    before: float
    after: float
    difference: Estimate
    p_value: float | None
    holm: float | None

    def as_dict(self) -> dict[str, Any]:
        figures = {"before": self.before, "after": self.after, "difference": self.difference.as_dict()}
        return {"name": self.name, **figures, "p_value": self.p_value, "p_holm": self.holm}


@dataclass(frozen=True, slots=True)
class TaskComparison:
    task: str
    before: float | None
    after: float | None
    strict: Matched
    lenient: Matched
    trainings: list[Estimate]
    method: Estimate | None
    relations: list[Part]
    bands: list[Part]
    won: list[int]
    lost: list[int]
    same: bool  # every letter equal

    @property
    def is_worse(self) -> bool:
        """The interval lies below 0: that of the method where there is one."""
        interval = (self.method or self.strict.difference).ci95
        return interval is not None and interval[1] < 0

    @property
    def power_of_paper(self) -> float | None:
        gain = PAPER_GAINS.get(self.task)
        return None if gain is None else self.strict.power(gain)

    def as_dict(self) -> dict[str, Any]:
        return {
            "task": self.task, "before": self.before, "after": self.after,
            "strict": matched_dict(self.strict), "lenient": matched_dict(self.lenient),
            "power_for_the_papers_gain": self.power_of_paper, "worse": self.is_worse,
            "all_answers_equal": self.same,
            "trainings": [each.as_dict() for each in self.trainings],
            "method": self.method.as_dict() if self.method else None,
            "by_relation": [part.as_dict() for part in self.relations],
            "by_band": [part.as_dict() for part in self.bands],
            "questions_won": self.won, "questions_lost": self.lost,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    before: Evaluation
    after: list[Evaluation]
    tasks: list[TaskComparison]
    unlike: list[str]  # what differs beside the model

    @property
    def speaks_of_method(self) -> bool:
        return len(self.after) >= FEWEST_TRAININGS

    def as_dict(self) -> dict[str, Any]:
        return {
            "before": self.before.name, "after": [each.name for each in self.after],
            "speaks_of": "the method" if self.speaks_of_method else "this adapter, not this method",
            "differs_beside_the_model": self.unlike, "tasks": [task.as_dict() for task in self.tasks],
        }  # fmt: skip


def matched_dict(told: Matched) -> dict[str, Any]:
    return {
        "both_right": told.both, "won_b": told.won, "lost_c": told.lost, "both_wrong": told.neither,
        "cobuys": told.clusters, "difference": told.difference.as_dict(),
        "obuchowski": {"statistic": told.statistic, "p_value": told.p_value},
        "mcnemar_exact_if_questions_were_independent": told.p_exact,
        "design_effect": told.design_effect, "detectable_with_power_0.8": told.detectable,
    }  # fmt: skip


def evaluations_compare(before: Evaluation, after: Sequence[Evaluation]) -> Comparison:
    """`after` are one adapter, or several trainings of one method: questions that all of them answered count.

    Raises EvaluationRefused.
    """
    every = [before, *after]
    if len({each.pk for each in every}) < len(every):
        raise EvaluationRefused("Before and after are one evaluation: name two")
    if len({each.question_set_id for each in every}) > 1:
        raise EvaluationRefused("They answered different questions: evaluate both on the same files")
    for each in every:
        if each.state != Evaluation.State.DONE:
            raise EvaluationRefused(f"{each.name} has not ended ({each.get_state_display()}): go on with it first")
    answers = [{answer.question: answer for answer in answers_of(each) if not answer.failed} for each in every]
    common = sorted(set.intersection(*(set(each) for each in answers)))
    tasks = [task for task in before.tasks if any(answers[0][key].task == task for key in common)]
    if not tasks:
        raise EvaluationRefused("No question was answered by all of them: evaluate them on the same tasks")
    made = [
        _task(task, [[each[key] for key in common if each[key].task == task] for each in answers]) for task in tasks
    ]
    return Comparison(before, list(after), made, _unlike(every))


def _unlike(every: Sequence[Evaluation]) -> list[str]:
    return [name for name in MANNERS if len({str(each.config.get(name)) for each in every}) > 1]


def _task(task: str, answers: Sequence[Sequence[Answer]]) -> TaskComparison:
    before, *after = answers
    first = after[0]
    clusters = np.array([answer.cluster for answer in before])
    a, b = _right(before), _right(first)
    meant = matched(_right(before, meant=True), _right(first, meant=True), clusters)
    several = [_right(each) - a for each in after]
    return TaskComparison(
        task,
        float(a.mean()),
        float(b.mean()),
        matched(a, b, clusters),
        meant,
        [clustered_difference(a, _right(each), clusters)[0] for each in after],
        across_trainings(several, clusters) if len(after) >= FEWEST_TRAININGS else None,
        _parts(before, a, b, clusters, [answer.relation for answer in before]),
        _parts(before, a, b, clusters, [answer.band for answer in before]),
        [answer.question for answer, change in zip(before, b - a, strict=True) if change > 0],
        [answer.question for answer, change in zip(before, b - a, strict=True) if change < 0],
        all(x.strict == y.strict for x, y in zip(before, first, strict=True)),
    )


def _right(answers: Sequence[Answer], *, meant: bool = False) -> np.ndarray:
    return np.array([answer.meant_right if meant else answer.right for answer in answers], dtype=float)


def _parts(
    answers: Sequence[Answer], a: np.ndarray, b: np.ndarray, clusters: np.ndarray, names: Sequence[str]
) -> list[Part]:
    """By the size of each part; the tests are held to all of them together."""
    named = np.array(names, dtype=object)
    rows = []
    for name, _ in Counter(name for name in names if name).most_common():
        within = named == name
        rows.append((name, a[within], b[within], matched(a[within], b[within], clusters[within])))
    adjusted = iter(holm([told.p_value for *_, told in rows if told.p_value is not None]))
    return [
        Part(
            name, float(x.mean()), float(y.mean()), told.difference, told.p_value,
            None if told.p_value is None else float(next(adjusted)),
        )
        for name, x, y, told in rows
    ]  # fmt: skip
