"""A benchmark's tasks for lm-eval (0.4.13) and inspect_ai: the prompts as they are put here, the official rules."""

import json
from collections.abc import Sequence
from pathlib import Path

from common.drafts import folder_draft, manifest_write
from research.evaluations.refusals import EvaluationRefused
from research.questions.prompts import MODES, prompt
from research.questions.records import Benchmark, Question

TEMPLATES = Path(__file__).parent
RULES = {"zero-shot": "zero_shot", "cot": "cot"}
INSPECT_TASK = '\n\n@task\ndef {function}():\n    return made("{name}")\n'


def harness_export(*, benchmark: Benchmark, tasks: Sequence[str], mode: str, output: Path) -> dict[str, int]:
    """Scored questions of each task. Raises EvaluationRefused; a folder that is there already is refused too."""
    if mode not in RULES:
        raise EvaluationRefused(f"--mode {mode}: the harnesses have {', '.join(RULES)}; a vote is taken here alone")
    counts = {}
    with folder_draft(output) as folder:
        for task in tasks:
            questions = [question for question in benchmark.questions if question.task == task and question.scored]
            counts[task] = len(questions)
            _task_write(folder, f"{benchmark.name}_{task.replace('-', '_')}", questions, benchmark, mode)
        names = [path.stem for path in sorted(folder.glob("*.jsonl"))]
        functions = "".join(INSPECT_TASK.format(function=name, name=name) for name in names)
        (folder / "inspect_task.py").write_text(_template("inspect_task.py") + functions, encoding="utf-8")
        (folder / "scoring.py").write_text(_template("scoring.py"), encoding="utf-8")
        official = MODES[mode]
        settings = {"mode": mode, "max_tokens": official.max_tokens, "temperature": official.temperature}
        manifest_write(folder / "settings.json", {**settings, "benchmark": benchmark.digest, "questions": counts})
    return counts


def _task_write(folder: Path, name: str, questions: Sequence[Question], benchmark: Benchmark, mode: str) -> None:
    official = MODES[mode]
    lines = [json.dumps(_line(question, mode), ensure_ascii=False) + "\n" for question in questions]
    (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    text = _template("lm_eval.yaml").format(
        name=name, questions=f"{name}.jsonl", max_tokens=official.max_tokens, temperature=official.temperature,
        rule=RULES[mode], digest=benchmark.digest[:12],
    )  # fmt: skip
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def _line(question: Question, mode: str) -> dict[str, object]:
    return {
        "id": question.key, "cobuy": question.cluster, "relation": question.relation, "band": question.band,
        "prompt": prompt(question, mode), "gold": question.gold, "letters": list(question.options),
    }  # fmt: skip


def _template(name: str) -> str:
    return (TEMPLATES / f"{name}.txt").read_text(encoding="utf-8")
