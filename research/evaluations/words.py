"""Evaluations and comparisons in the words of a terminal."""

from collections.abc import Iterator

from research.evaluations.results import Results, TaskResult
from stats.estimate import Estimate


def percent(figure: Estimate) -> str:
    if figure.value is None:
        return figure.reason
    ends = f" ({100 * figure.ci95[0]:.1f} to {100 * figure.ci95[1]:.1f})" if figure.ci95 else ""
    return f"{100 * figure.value:.1f} %{ends}"


def points(figure: Estimate) -> str:
    if figure.value is None:
        return figure.reason
    ends = f" ({100 * figure.ci95[0]:+.2f} to {100 * figure.ci95[1]:+.2f})" if figure.ci95 else ""
    return f"{100 * figure.value:+.2f} points{ends}".replace("-", "−")


def evaluation_lines(results: Results) -> Iterator[str]:
    made = results.evaluation
    yield f"{made.name}: {made.maker} on {made.question_set}, {made.mode}, {results.answers:,} answers ({made.state})"
    for task in results.tasks:
        yield from _task_lines(task)
    if results.options_only:
        for task in results.options_only.tasks:
            yield f"{task.task}, the question taken away: strict {percent(task.strict)}"
    if results.answered_as:
        yield f"Asked for {made.model}, the server answered as {', '.join(results.answered_as)}: is it the right one?"
    if results.fails_much:
        yield f"{results.failed_calls:,} calls failed, over 2 %: ask them again with --retry-failed"


def _task_lines(task: TaskResult) -> Iterator[str]:
    letter, share = task.most_frequent
    yield f"{task.task}: strict {percent(task.strict)}, lenient {percent(task.lenient)}"
    yield (
        f"  {task.scored:,} scored, {task.invalid:,} invalid, {task.failed:,} failed; "
        f"always {letter} would be right on {100 * share:.1f} %"
    )
