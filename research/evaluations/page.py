"""What the pages of evaluations show, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from annotation.figures.plots import Dots, dots
from annotation.figures.words import because, interval, large, plain
from common.words import duration, percent
from research.evaluations.comparing import Comparison, Part, TaskComparison
from research.evaluations.results import Group, Results, TaskResult
from research.evaluations.words import p_words, resolves
from research.models import BenchmarkQuestion, Evaluation, EvaluationAnswer
from research.questions.records import TASKS
from stats.estimate import Estimate

TURNED_SHOWN = 25  # of each kind and task


@dataclass(frozen=True, slots=True)
class Shown:
    """For the template that draws plots."""

    plot: Dots


def task_name(task: str) -> str:
    return task.replace("-", " ").capitalize()


def detail_page(results: Results) -> dict[str, Any]:
    made = results.evaluation
    return {
        "evaluation": made,
        "results": results,
        "tasks": [_task(task, results) for task in results.tasks],
        "took": duration(made.seconds),
        "settings": settings_words(made),
        "notes": server_notes(made),
    }


def server_notes(made: Evaluation) -> list[str]:
    """Where the model could not be asked as the official run asks."""
    notes = []
    if any(stored.get("reasons") for stored in made.servers.values()):
        notes.append(
            "The model reasons before it answers: it had room for that, not the official number of tokens alone."
        )
    if not all(stored.get("temperature", True) for stored in made.servers.values()):
        notes.append("The server fixes its temperature: it is not the one asked for.")
    return notes


def settings_words(made: Evaluation) -> str:
    config = made.config
    said = [
        made.mode,
        f"{config['max_tokens']} tokens",
        f"temperature {config['temperature']}",
        f"{made.samples} samples a question, the most frequent letter" if made.samples > 1 else "",
        "the question taken away, options only" if config["options_only"] else "official prompts",
        "" if config["shuffle"] is None else f"options in an order drawn by lot (seed {config['shuffle']})",
        f"the first {config['limit']} rows of each task" if config["limit"] else "",
    ]
    return ", ".join(words for words in said if words)


def _task(task: TaskResult, results: Results) -> dict[str, Any]:
    letter, share = task.most_frequent
    beside = results.options_only.tasks if results.options_only else []
    floors = [
        {"name": f"Always {letter}, the most frequent letter", "strict": percent(share), "lenient": percent(share)}
    ]
    floors += [
        {"name": "The same model, the question taken away", **_two(other.strict, other.lenient)}
        for other in beside
        if other.task == task.task
    ]
    return {
        "name": task_name(task.task),
        "asks": TASKS.get(task.task, ""),
        "result": task,
        "invalid": percent(task.invalid / task.scored if task.scored else None),
        **_two(task.strict, task.lenient),
        "floors": floors,
        "letters": _letters(task),
        "relations": _groups(task.relations),
        "bands": _groups(task.bands),
    }


def _two(strict: Estimate, lenient: Estimate) -> dict[str, str]:
    return {
        "strict": percent(strict.value), "strict_ci": interval(strict.ci95, percent) or because(strict),
        "lenient": percent(lenient.value), "lenient_ci": interval(lenient.ci95, percent) or because(lenient),
    }  # fmt: skip


def _groups(groups: Iterable[Group]) -> list[dict[str, Any]]:
    return [{"name": group.name, "n": group.strict.n, **_two(group.strict, group.lenient)} for group in groups]


def _letters(task: TaskResult) -> list[dict[str, str]]:
    names = sorted({letter for counts in task.letters.values() for letter in counts} - {"none"})
    return [
        {"letter": name, **{rule: percent(counts.get(name, 0) / task.scored) for rule, counts in task.letters.items()}}
        for name in [*names, "none"]
        if task.scored
    ]


def compare_page(made: Comparison) -> dict[str, Any]:
    return {
        "made": made,
        "after_names": ", ".join(each.name for each in made.after),
        "headline": ". ".join(_headline(task) for task in made.tasks) + ".",
        "alarm": [task_name(task.task) for task in made.tasks if task.is_worse],
        "same": [task_name(task.task) for task in made.tasks if task.same],
        "differences": Shown(_differences(made)),
        "tasks": [_compared(task, made) for task in made.tasks],
    }


def gain(figure: Estimate) -> str:
    if figure.value is None:
        return "–"
    return f"{'+' if figure.value > 0 else ''}{plain(100 * figure.value)}"


def gain_interval(figure: Estimate) -> str:
    if not figure.ci95:
        return because(figure)
    return " to ".join(f"{'+' if end > 0 else ''}{plain(100 * end)}" for end in figure.ci95)


def _headline(task: TaskComparison) -> str:
    figure = task.method or task.strict.difference
    clear = figure.ci95 is not None and not figure.ci95[0] <= 0 <= figure.ci95[1]
    told = f"{task_name(task.task)}: {gain(figure)} points"
    return f"{told}{'' if clear else ', not clear'} ({gain_interval(figure)})"


def _differences(made: Comparison) -> Dots:
    figures = [(task_name(task.task), task.strict.difference) for task in made.tasks]
    figures += [(f"{task_name(task.task)}, the method", task.method) for task in made.tasks if task.method]
    reach = max([0.02, *(abs(end) for _, figure in figures for end in figure.ci95 or (figure.value or 0.0,))])
    marks = [-reach, 0.0, reach]
    return dots(
        [(name, figure, gain(figure), gain_interval(figure)) for name, figure in figures],
        label="Difference in points, after less before, with its interval",
        across="Difference in points, with 95 % interval",
        ticks=[(mark, plain(100 * mark, 1)) for mark in marks],
        reference=0.0,
    )


def _compared(task: TaskComparison, made: Comparison) -> dict[str, Any]:
    return {
        "name": task_name(task.task),
        "told": task.strict,
        "n": large(task.strict.difference.n),
        "before": percent(task.before),
        "after": percent(task.after),
        "gain": gain(task.strict.difference),
        "interval": gain_interval(task.strict.difference),
        "lenient_gain": gain(task.lenient.difference),
        "lenient_interval": gain_interval(task.lenient.difference),
        "p": p_words(task.strict.p_value),
        "p_exact": p_words(task.strict.p_exact),
        "resolves": resolves(task),
        "method": task.method and {"gain": gain(task.method), "interval": gain_interval(task.method)},
        "trainings": [
            {"name": each.name, "gain": gain(figure), "interval": gain_interval(figure)}
            for each, figure in zip(made.after, task.trainings, strict=True)
        ],
        "relations": _parts(task.relations),
        "bands": _parts(task.bands),
        "won": turned(made, task.won),
        "lost": turned(made, task.lost),
        "n_won": task.strict.won,
        "n_lost": task.strict.lost,
    }


def _parts(parts: Sequence[Part]) -> list[dict[str, Any]]:
    return [
        {
            "name": part.name, "n": part.difference.n, "before": percent(part.before), "after": percent(part.after),
            "gain": gain(part.difference), "interval": gain_interval(part.difference), "holm": p_words(part.holm),
        }
        for part in parts
    ]  # fmt: skip


def turned(made: Comparison, questions: Sequence[int]) -> list[dict[str, Any]]:
    """Questions, gold and both choices in words; the raw answers beside them."""
    shown = list(questions)[:TURNED_SHOWN]
    rows = BenchmarkQuestion.objects.in_bulk(shown)
    said: dict[tuple[int, int], EvaluationAnswer] = {}
    pair = (made.before, made.after[0])
    for answer in EvaluationAnswer.objects.filter(evaluation__in=pair, question__in=shown).order_by("-sample"):
        said[answer.evaluation_id, answer.question_id] = answer
    return [
        {
            "question": rows[key],
            "gold": f"{rows[key].gold}. {rows[key].options[rows[key].gold]}",
            "before": _choice(rows[key], said[pair[0].pk, key]),
            "after": _choice(rows[key], said[pair[1].pk, key]),
        }
        for key in shown
    ]


def _choice(question: BenchmarkQuestion, answer: EvaluationAnswer) -> dict[str, str]:
    shown = question.record().shuffled(answer.order) if answer.order else question.record()
    text = shown.options.get(answer.strict)
    return {"words": f"{answer.strict}. {text}" if text else "no letter by the official rules", "raw": answer.raw}
