"""What is on record of a run's batches. A file is written before its row, a row before it is sent; an answer is taken
once, by the row of its call, however often it comes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from distillation.lvlm.base import Describe, Intend, Judge
from distillation.lvlm.batch.calls import FEATURE, INTENTION, VERDICT, Call, Came, lost
from distillation.lvlm.batch.files import Asked, RequestFile
from distillation.lvlm.openai.abilities import Abilities
from distillation.models import Batch, BatchCall, Run
from distillation.pipeline.engine import CoBuyWork, Ended, FeatureEnded, VerdictEnded

SOONEST_S, LATEST_S = 60, 3_600  # until a batch that was turned away is sent again


@dataclass(frozen=True, slots=True)
class Owners:
    """Rows of the products and co-buys that a claim brought."""

    products: dict[str, int]
    cobuys: dict[tuple[str, str], int]

    def add(self, works: Iterable[CoBuyWork]) -> None:
        for work in works:
            a, b = work.a.record.asin, work.b.record.asin
            self.products.update({a: work.a.id, b: work.b.id})
            self.cobuys[a, b] = work.id


@transaction.atomic
def batch_record(*, run: Run, file: RequestFile, owners: Owners) -> None:
    """A call that is asked again moves over from the batch that it was in."""
    batch = Batch.objects.create(
        run=run, key=file.key, n_calls=len(file.calls), n_bytes=file.size, abilities=file.can.as_dict()
    )
    changed = ["batch", "tries", "lessons", "status", "came"]
    BatchCall.objects.bulk_create(
        [_row(batch, call, owners) for call in file.calls],
        batch_size=2_000, update_conflicts=True, update_fields=changed, unique_fields=["run", "custom_id"],
    )  # fmt: skip


def _row(batch: Batch, asked: Asked, owners: Owners) -> BatchCall:
    row = BatchCall(run_id=batch.run_id, batch=batch, custom_id=asked.custom_id)
    row.step, row.tries, row.lessons = asked.custom_id.partition("-")[0], asked.tries, asked.lessons
    subject = asked.subject
    if isinstance(subject, Describe):
        row.product_id = owners.products[subject.product.asin]
    elif isinstance(subject, Intend | Judge):
        row.cobuy_id = owners.cobuys[subject.pair.a.asin, subject.pair.b.asin]
        row.relation, row.sample = subject.relation, subject.sample
    return row


@transaction.atomic
def wave_close(*, run: Run) -> int:
    """All files of the wave are written: how many are to be sent. If none are, what calls are left are nobody's."""
    files = Batch.objects.filter(run=run, state=Batch.State.WRITING).update(state=Batch.State.WRITTEN)
    if not files:
        BatchCall.objects.filter(run=run).delete()
    return files


def calls_of(run: Run, works: Sequence[CoBuyWork]) -> dict[str, Call]:
    """What is on record of all that these co-buys and their products may ask."""
    products = {product.id for work in works for product in (work.a, work.b) if not product.record.feature}
    of = Q(cobuy__in=[work.id for work in works]) | Q(product__in=products)
    rows = BatchCall.objects.filter(of, run=run).select_related("batch")
    sent: dict[int, Abilities] = {}
    for row in rows:
        sent.setdefault(row.batch_id, Abilities.from_dict(row.batch.abilities))
    return {row.custom_id: _call(row, sent[row.batch_id]) for row in rows}


def _call(row: BatchCall, sent: Abilities) -> Call:
    came = Came.from_text(row.came) if row.came else None
    return Call(sent, came, row.tries, row.lessons)


def calls_forget(*, run: Run, ended: Iterable[Ended]) -> None:
    """Called in the transaction that writes what has ended: nothing is ended twice, nothing is forgotten unwritten."""
    products = [e.product.id for e in ended if isinstance(e, FeatureEnded)]
    BatchCall.objects.filter(run=run, product__in=products, step=FEATURE).delete()
    units = [
        (VERDICT if isinstance(e, VerdictEnded) else INTENTION, e.cobuy_id, e.unit.relation, e.unit.sample)
        for e in ended
        if not isinstance(e, FeatureEnded)
    ]
    if not units:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM distillation_batchcall c
            USING unnest(%s::text[], %s::bigint[], %s::text[], %s::int[]) AS u (step, cobuy_id, relation, sample)
            WHERE c.run_id = %s AND c.cobuy_id = u.cobuy_id AND c.step = u.step
              AND c.relation = u.relation AND c.sample = u.sample
            """,
            [*map(list, zip(*units, strict=True)), run.pk],
        )


def calls_refused_forget(*, run: Run) -> None:
    """Refusals that paused the run are no answers: what they were of is asked anew."""
    BatchCall.objects.filter(run=run, status__gte=300).delete()


def batch_sending(*, batch: Batch) -> None:
    batch.state = Batch.State.SENDING
    batch.save(update_fields=["state"])


def batch_uploaded(*, batch: Batch, file_id: str) -> None:
    batch.file_id = file_id
    batch.save(update_fields=["file_id"])


def batch_sent(*, batch: Batch, batch_id: str) -> None:
    batch.state, batch.batch_id, batch.message, batch.sent_at = Batch.State.SENT, batch_id, "", Now()
    batch.save(update_fields=["state", "batch_id", "message", "sent_at"])


def batch_seen(*, batch: Batch, answered: int, words: str) -> None:
    seen = min(answered, batch.n_calls), words[:500]
    if seen != (batch.n_answered, batch.message):
        batch.n_answered, batch.message = seen
        batch.save(update_fields=["n_answered", "message"])


def batch_turned_away(*, batch: Batch, words: str) -> None:
    """To be sent once more, later and later."""
    wait_s = min(LATEST_S, SOONEST_S * 2.0 ** min(batch.refusals, 20))
    Batch.objects.filter(pk=batch.pk).update(
        state=Batch.State.WRITTEN, batch_id="", file_id="", message=words[:500], refusals=F("refusals") + 1,
        not_before=Now() + timedelta(seconds=wait_s), n_answered=0,
    )  # fmt: skip


def batch_called_off(*, batch: Batch) -> None:
    batch.state = Batch.State.CALLED_OFF
    batch.save(update_fields=["state"])


def calls_answer(*, run: Run, came: Mapping[str, Came]) -> int:
    """How many of these were waited for; any other is an answer that came before, or one that nobody asked for."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE distillation_batchcall c SET status = v.status, came = v.came
            FROM unnest(%s::text[], %s::int[], %s::text[]) AS v (custom_id, status, came)
            WHERE c.run_id = %s AND c.custom_id = v.custom_id AND c.status IS NULL
            """,
            [list(came), [each.status for each in came.values()], [each.as_text() for each in came.values()], run.pk],
        )
        return cursor.rowcount


@transaction.atomic
def batch_taken(*, batch: Batch, words: str) -> None:
    """What of it was not answered is asked in the next wave."""
    missing = lost("expired", f"The batch ended ({words}) without an answer to it.")
    unanswered = batch.calls.filter(status=None).update(status=missing.status, came=missing.as_text())
    batch.state, batch.n_answered, batch.ended_at = Batch.State.TAKEN, batch.n_calls - unanswered, Now()
    batch.message = words[:500]
    batch.save(update_fields=["state", "n_answered", "ended_at", "message"])


@transaction.atomic
def batch_drop(*, batch: Batch, words: str) -> None:
    """Its calls were not answered, and that is not their fault: they are asked anew."""
    batch.calls.filter(status=None).delete()
    batch.state, batch.message, batch.ended_at = Batch.State.DROPPED, words[:500], Now()
    batch.save(update_fields=["state", "message", "ended_at"])
