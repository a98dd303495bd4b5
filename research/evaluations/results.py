"""What an evaluation found: accuracies by two rules, with co-buys as clusters, and what lies beside them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
from django.db.models import Count, Q, Sum

from research.models import Evaluation, EvaluationAnswer
from research.questions.letters import UNREAD, voted
from research.questions.records import LETTERS
from stats.estimate import Estimate
from stats.sample import Sample, sample_of

EMPTY = "empty"
NO_ANSWERS = "no answer yet"
FAILED_MANY = 0.02
COLUMNS = (
    "question_id", "question__task", "question__relation", "question__cluster", "question__band", "question__gold",
    "question__options", "order", "strict", "lenient", "failure",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """A question's, over all its samples. Letters as they were shown."""

    question: int
    task: str
    relation: str
    cluster: str
    band: str
    gold: str
    strict: str
    lenient: str
    invalid: bool
    failed: bool

    @property
    def right(self) -> bool:
        return self.strict == self.gold

    @property
    def meant_right(self) -> bool:
        return self.lenient == self.gold


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    strict: Estimate
    lenient: Estimate

    def as_dict(self) -> dict[str, Any]:
        return {"name": self.name, "strict": self.strict.as_dict(), "lenient": self.lenient.as_dict()}


@dataclass(frozen=True, slots=True)
class TaskResult:
    """Failed calls leave the denominator, as in the official scoring; invalid: no option by the strict rules."""

    task: str
    asked: int
    failed: int
    invalid: int
    strict: Estimate
    lenient: Estimate
    most_frequent: tuple[str, float]  # the gold letter that is most frequent, and how often it is right
    letters: dict[str, dict[str, int]]  # gold, strict and lenient by letter; "none" where there is none
    relations: list[Group]
    bands: list[Group]

    @property
    def scored(self) -> int:
        return self.asked - self.failed

    def as_dict(self) -> dict[str, Any]:
        return {
            "task": self.task, "answered": self.asked, "scored": self.scored, "failed": self.failed,
            "invalid": self.invalid, "strict": self.strict.as_dict(), "lenient": self.lenient.as_dict(),
            "most_frequent_letter": {"letter": self.most_frequent[0], "accuracy": self.most_frequent[1]},
            "letters": self.letters, "by_relation": [group.as_dict() for group in self.relations],
            "by_band": [group.as_dict() for group in self.bands],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Results:
    evaluation: Evaluation
    answers: int
    failed_calls: int
    tasks: list[TaskResult]
    cost: dict[str, Any]
    answered_as: list[str]
    options_only: "Results | None" = field(default=None, repr=False)

    @property
    def fails_much(self) -> bool:
        return self.failed_calls > FAILED_MANY * max(1, self.answers)

    @property
    def bands(self) -> str:
        if self.evaluation.question_set.official_bands:
            return "official bands, from the scores that were given"
        return "title-similarity bands, five of equal size; not the paper's Easy, Medium and Hard"

    def as_dict(self) -> dict[str, Any]:
        made = self.evaluation
        return {
            "evaluation": made.name, "state": made.state, "message": made.message,
            "benchmark": {"name": made.question_set.name, "digest": made.question_set.digest},
            "backend": made.backend, "answered_by": made.maker, "model": made.model, "config": made.config,
            "answers": self.answers, "answers_owed": made.answers_owed, "failed_calls": self.failed_calls,
            "answered_as": self.answered_as, "bands": self.bands, "cost": self.cost,
            "tasks": [task.as_dict() for task in self.tasks],
            "options_only": self.options_only.as_dict() if self.options_only else None,
        }  # fmt: skip


def results_of(evaluation: Evaluation, *, beside: bool = True) -> Results:
    """With the run of the same model without the questions beside it, where there is one."""
    answers = answers_of(evaluation)
    by_task: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        by_task[answer.task].append(answer)
    cost = evaluation.answers.aggregate(
        calls=Sum("calls", default=0), prompt_tokens=Sum("prompt_tokens", default=0),
        cached_tokens=Sum("cached_tokens", default=0), completion_tokens=Sum("completion_tokens", default=0),
        answers=Count("pk"), failed=Count("pk", filter=~Q(failure__in=("", EMPTY))),
    )  # fmt: skip
    names = evaluation.answers.exclude(model="").order_by("model").values_list("model", flat=True).distinct()
    floor = _without_questions(evaluation) if beside else None
    return Results(
        evaluation,
        cost.pop("answers"),
        cost.pop("failed"),
        [_task(task, by_task[task]) for task in evaluation.tasks if by_task[task]],
        {**cost, "seconds": round(evaluation.seconds, 1)},
        [name for name in names if name != evaluation.model],
        results_of(floor, beside=False) if floor else None,
    )


def _without_questions(evaluation: Evaluation) -> Evaluation | None:
    if evaluation.config.get("options_only"):
        return None
    same = {"question_set": evaluation.question_set_id, "model": evaluation.model, "backend": evaluation.backend}
    return Evaluation.objects.filter(**same, config__options_only=True).order_by("-pk").first()


def answers_of(evaluation: Evaluation) -> list[Answer]:
    """Of the questions whose samples are all there."""
    rows = (
        EvaluationAnswer.objects.filter(evaluation=evaluation).order_by("question_id", "sample").values_list(*COLUMNS)
    )
    grouped = (list(same) for _, same in groupby(rows.iterator(chunk_size=5_000), key=lambda row: row[0]))
    return [_answer(same) for same in grouped if len(same) == evaluation.samples]


def _answer(samples: Sequence[tuple[Any, ...]]) -> Answer:
    question, task, relation, cluster, band, gold, options, order = samples[0][:8]
    strict = [row[8] or UNREAD for row in samples]
    meant = [row[9] for row in samples if row[9]]
    # A vote of several samples never fails in the official run: a failed sample votes as one that can't be read.
    failed = len(samples) == 1 and samples[0][10] not in ("", EMPTY)
    chosen = voted(strict)
    shown = LETTERS[order.index(gold)] if order else gold
    return Answer(question, task, relation, cluster, band, shown, chosen, voted(meant), chosen not in options, failed)


def _task(task: str, answers: Sequence[Answer]) -> TaskResult:
    scored = [answer for answer in answers if not answer.failed]
    sample = sample_of(len(scored), clusters=[answer.cluster for answer in scored])
    every = np.ones(len(scored), dtype=bool)
    gold = Counter(answer.gold for answer in answers)
    letter, times = gold.most_common(1)[0]
    return TaskResult(
        task,
        len(answers),
        len(answers) - len(scored),
        sum(answer.invalid for answer in scored),
        *_accuracies(scored, sample, every),
        (letter, times / len(answers)),
        _letters(scored),
        _groups(scored, sample, [answer.relation for answer in scored]),
        _groups(scored, sample, [answer.band for answer in scored]),
    )


def _accuracies(scored: Sequence[Answer], sample: Sample, within: np.ndarray) -> tuple[Estimate, Estimate]:
    strict = np.array([answer.right for answer in scored], dtype=float)
    lenient = np.array([answer.meant_right for answer in scored], dtype=float)
    return (
        sample.ratio(strict * within, within, NO_ANSWERS),
        sample.ratio(lenient * within, within, NO_ANSWERS),
    )


def _groups(scored: Sequence[Answer], sample: Sample, names: Sequence[str]) -> list[Group]:
    """The most frequent first; questions without a name are in none."""
    named = np.array(names, dtype=object)
    return [
        Group(name, *_accuracies(scored, sample, named == name))
        for name, _ in Counter(name for name in names if name).most_common()
    ]


def _letters(scored: Iterable[Answer]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {"gold": Counter(), "strict": Counter(), "lenient": Counter()}
    for answer in scored:
        counts["gold"][answer.gold] += 1
        counts["strict"]["none" if answer.invalid else answer.strict] += 1
        counts["lenient"]["none" if answer.lenient == UNREAD else answer.lenient] += 1
    return {name: dict(sorted(letters.items())) for name, letters in counts.items()}
