"""What of an arm's run counts as kept, as SQL over an intention `i` and its verdict `v`."""

from __future__ import annotations

from dataclasses import dataclass

from common.kept import drawn_sql, kept_sql
from distillation.models import Run, Verdict
from research.models import Arm

_RANDOM = drawn_sql("i.id", "%({0}_run)s", "%({0}_size)s")
KEPT = kept_sql("v.p_yes", "%({0}_from)s", "v.yes")


@dataclass(frozen=True, slots=True)
class Keeping:
    """A condition, and what stands for its places."""

    sql: str
    params: dict[str, float | int]


def keeping(arm: Arm, name: str = "a") -> Keeping:
    """`name` tells the places of two conditions in one query apart."""
    run = arm.run
    if arm.reading == Arm.Reading.ALL or not run.is_filtered:
        return Keeping("true", {})
    if arm.reading == Arm.Reading.RANDOM:
        return Keeping(_RANDOM.format(name), {f"{name}_run": run.pk, f"{name}_size": kept_by(run)})
    strictness = run.strictness if arm.strictness is None else arm.strictness
    return Keeping(KEPT.format(name), {f"{name}_from": strictness})


def kept_by(run: Run) -> int:
    return Verdict.objects.filter(intention__run=run).kept(run.strictness).count()


def with_verdicts(run: Run) -> str:
    """How an intention's verdict is joined: where a filter was asked, one without a verdict has not ended."""
    return f"{'' if run.is_filtered else 'LEFT '}JOIN distillation_verdict v ON v.intention_id = i.id"
