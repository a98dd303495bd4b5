"""Evaluations and comparisons in the words of a terminal."""

from collections.abc import Iterator

from research.evaluations.comparing import PAPER_GAINS, Comparison, TaskComparison
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


def comparison_lines(made: Comparison) -> Iterator[str]:
    after = ", ".join(each.name for each in made.after)
    yield f"{after} against {made.before.name}, the same questions, strict rules:"
    for task in made.tasks:
        yield from _compared(task)
    if not made.speaks_of_method:
        yield "This speaks of this adapter, not of the method: three trainings or more would."
    if made.unlike:
        yield f"Not only the model differs: {', '.join(made.unlike)}."


def _compared(task: TaskComparison) -> Iterator[str]:
    told = task.strict
    yield f"{task.task}: {points(told.difference)}, Obuchowski p = {p_words(told.p_value)}"
    if task.method:
        yield f"  the method, over {len(task.trainings)} trainings: {points(task.method)}"
    yield (
        f"  won {told.won:,}, lost {told.lost:,} of {told.difference.n:,}; exact McNemar, as if questions were "
        f"independent, p = {p_words(told.p_exact)}"
    )
    yield f"  {resolves(task)}"
    if task.is_worse:
        yield "  ALARM: worse than before, the interval lies below 0."
    if task.same:
        yield "  Every answer is the same: was the adapter served, or the base under its name?"


def resolves(task: TaskComparison) -> str:
    """What this benchmark can tell, with as many changed answers and co-buys as here."""
    told = task.strict
    if told.detectable is None:
        return "Nothing changed, so what could be told from chance is not known."
    words = f"A difference of {100 * told.detectable:.1f} points would be found with a probability of 0.8"
    if told.design_effect is not None:
        words += f" (design effect {told.design_effect:.2f})"
    if task.power_of_paper is not None:
        gain = PAPER_GAINS[task.task]
        words += f"; the paper's {100 * gain:.2f} points with {task.power_of_paper:.2f}"
    return f"{words}."


def p_words(p: float | None) -> str:
    return "–" if p is None else "under .001" if p < 0.001 else f"{p:.3f}".removeprefix("0")
