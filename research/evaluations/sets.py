"""Questions of a benchmark, taken from its files once."""

from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

from django.db import transaction

from research.evaluations.refusals import EvaluationRefused
from research.models import BenchmarkQuestion, QuestionSet
from research.questions.bands import official_band, official_scores
from research.questions.intentionqa import ASKED, NAME, intentionqa
from research.questions.plain import plain_benchmark
from research.questions.records import Benchmark, BenchmarkRefused

BATCH = 1_000


def question_set_load(
    *, benchmark: str, data: Path, task: str, difficulty: Path | None = None
) -> tuple[QuestionSet, list[str]]:
    """(the set, the tasks that are meant). Raises EvaluationRefused; nothing is half written."""
    try:
        if benchmark == NAME:
            read, tasks = intentionqa(data, ASKED[task]), list(ASKED[task])
        else:
            read = plain_benchmark(data, benchmark)
            tasks = sorted({question.task for question in read.questions})
        scores = official_scores(difficulty) if difficulty else {}
    except BenchmarkRefused as error:
        raise EvaluationRefused(str(error)) from error
    return question_set_make(benchmark=read, scores=scores), tasks


@transaction.atomic
def question_set_make(*, benchmark: Benchmark, scores: Mapping[str, float]) -> QuestionSet:
    """The one there is, where these questions came in before; with scores its bands become the official ones."""
    made, is_new = QuestionSet.objects.get_or_create(
        name=benchmark.name, digest=benchmark.digest, defaults={"files": dict(benchmark.files)}
    )
    if is_new:
        BenchmarkQuestion.objects.bulk_create(_rows(made, benchmark), batch_size=BATCH)
    if scores:
        _official(made, scores)
    return made


def _rows(made: QuestionSet, benchmark: Benchmark) -> Sequence[BenchmarkQuestion]:
    places = {task: count() for task in {question.task for question in benchmark.questions}}
    return [
        BenchmarkQuestion(
            question_set=made,
            task=question.task,
            place=next(places[question.task]),
            key=question.key,
            stem=question.stem,
            options=dict(question.options),
            gold=question.gold,
            relation=question.relation,
            cluster=question.cluster,
            similarity=question.similarity,
            band=question.band,
            scored=question.scored,
        )
        for question in benchmark.questions
    ]


def _official(made: QuestionSet, scores: Mapping[str, float]) -> None:
    rows = list(made.questions.filter(key__in=scores))
    if not rows:
        raise EvaluationRefused(
            "None of the ids in the scores is a question's: give a CSV id,score with the benchmark's ids"
        )
    made.questions.exclude(key__in=scores).update(band="no score")
    for row in rows:
        row.band = official_band(scores[row.key])
    BenchmarkQuestion.objects.bulk_update(rows, ["band"], batch_size=BATCH)
    QuestionSet.objects.filter(pk=made.pk).update(official_bands=True)
