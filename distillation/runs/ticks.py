"""What a run does, in steps of ten seconds: for rates, tokens, cost and plots."""

from collections.abc import Sequence

from django.db import connection

from distillation.models import Run, RunTick
from distillation.pipeline.engine import Ended, FeatureEnded, IntentionEnded, VerdictEnded


def tick_add(run: Run, ended: Sequence[Ended]) -> None:
    """Add what has ended to the present tick; called in the transaction that writes it."""
    if not ended:
        return
    done = [e for e in ended if not e.outcome.failure]
    verdicts = [e for e in done if isinstance(e, VerdictEnded)]
    counts = {
        "calls": sum(e.outcome.usage.calls for e in ended),
        "prompt_tokens": sum(e.outcome.usage.prompt_tokens for e in ended),
        "cached_tokens": sum(e.outcome.usage.cached_tokens for e in ended),
        "completion_tokens": sum(e.outcome.usage.completion_tokens for e in ended),
        "features": sum(isinstance(e, FeatureEnded) for e in done),
        "intentions": sum(isinstance(e, IntentionEnded) for e in done),
        "verdicts": len(verdicts),
        "yes": sum(e.outcome.said.yes for e in verdicts),
        "failures": len(ended) - len(done),
    }
    columns = ", ".join(counts)
    added = ", ".join(f"{name} = t.{name} + excluded.{name}" for name in counts)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO distillation_runtick AS t (run_id, at, {columns})
            VALUES (%s, date_bin(make_interval(secs => %s), now(), 'epoch'), {", ".join(["%s"] * len(counts))})
            ON CONFLICT (run_id, at) DO UPDATE SET {added}
            """,  # noqa: S608 - names of our own
            [run.pk, RunTick.SECONDS, *counts.values()],
        )
