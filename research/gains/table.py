"""The table of a gain: each arm against the base, and the method against each control, on the same questions."""

from collections.abc import Mapping
from typing import Any

from research.evaluations.comparing import TaskComparison, evaluations_compare
from research.gains.arms import BASE, METHOD
from research.models import Evaluation, Gain, Training

UNEQUAL = 0.05  # of the tokens: said where arms differ by more


def gain_table(gain: Gain, trainings: Mapping[str, Training], evaluations: Mapping[str, Evaluation]) -> dict[str, Any]:
    rows = [_row(gain, arm, trainings[arm], evaluations) for arm in gain.arms]
    return {"arms": rows, "warnings": _warnings(rows)}


def _row(gain: Gain, arm: str, training: Training, evaluations: Mapping[str, Evaluation]) -> dict[str, Any]:
    last = training.points.filter(kind="train").order_by("step").last()
    made = {
        "arm": arm, "words": gain.arms[arm]["words"], "training": training.name, "evaluation": evaluations[arm].pk,
        "records": training.facts["records"], "steps": training.step,
        "tokens": last.tokens if last else None, "loss": last.loss if last else None,
        "sha256": training.result["sha256"],
        "over_base": [_difference(task) for task in evaluations_compare(evaluations[BASE], [evaluations[arm]]).tasks],
    }  # fmt: skip
    if arm != METHOD:
        over = evaluations_compare(evaluations[arm], [evaluations[METHOD]])
        made["method_over_it"] = [_difference(task) for task in over.tasks]
    return made


def _difference(task: TaskComparison) -> dict[str, Any]:
    return {
        "task": task.task, "before": task.before, "after": task.after, "worse": task.is_worse, "same": task.same,
        "difference": task.strict.difference.as_dict(), "p_value": task.strict.p_value,
        "detectable": task.strict.detectable,
    }  # fmt: skip


def _warnings(rows: list[dict[str, Any]]) -> list[str]:
    told = ["One training an arm: this speaks of these adapters, not of the method; other seeds are other gains."]
    records = sorted({row["records"] for row in rows})
    if len(records) > 1:
        least, most = f"{records[0]:,}", f"{records[-1]:,}"
        told.append(f"Records are not equal, {least} to {most}: some have no answer within --max-length.")
    tokens = [row["tokens"] for row in rows if row["tokens"]]
    if tokens and max(tokens) > (1 + UNEQUAL) * min(tokens):
        least, most = f"{min(tokens):,}", f"{max(tokens):,}"
        told.append(f"Steps are equal, tokens are not: {least} to {most}, for some arms have longer texts.")
    for row in rows:
        if any(task["same"] for task in row["over_base"]):
            told.append(f"{row['arm']}: every answer is the base's: was the adapter served?")
        if any(task["worse"] for task in row["over_base"]):
            told.append(f"{row['arm']}: worse than the base, the interval lies below 0.")
    return told
