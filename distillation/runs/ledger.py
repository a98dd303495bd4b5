"""The ledger of a run: what is owed, which worker works on it, what came of it. All of it is in PostgreSQL, so a killed
worker costs the calls it had in flight and nothing else."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction

from common.metrics.counted import MODEL_CALLS
from distillation.lvlm.base import Failure as Why
from distillation.models import CoBuy, Failure, Feature, Intention, Picture, Product, Run, RunCoBuy, RunProduct
from distillation.pipeline.engine import (
    CoBuyWork,
    Ended,
    FeatureEnded,
    IntentionEnded,
    ProductWork,
    Unit,
    VerdictEnded,
    kind_of,
)
from distillation.pipeline.options import Options
from distillation.pipeline.records import Image, ProductRecord
from distillation.pipeline.steps import feature_key
from distillation.runs.pictures import run_treatment
from distillation.runs.ticks import tick_add

# A claim outlives its last renewal by this; a killed worker's co-buys are free again after it.
CLAIM_SECONDS = 15
# One that lasts for longer is from before the clock was set back. A minute more: others are made while this is read.
OF_ANOTHER_CLOCK = f"claimed_until > now() + make_interval(secs => {CLAIM_SECONDS + 60})"


def claim(run: Run, options: Options, holder: uuid.UUID, n: int) -> list[CoBuyWork]:
    """Up to `n` co-buys that nobody has in hand, with what they still owe. A co-buy that turns out to owe nothing
    is settled instead."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH free AS MATERIALIZED (  -- as a subquery it might be run for each row, and claim more than n
                SELECT c.id FROM distillation_runcobuy c JOIN distillation_run r ON r.id = c.run_id
                WHERE c.run_id = %(run)s AND c.n_owed > 0
                  AND (c.claimed_until IS NULL OR c.claimed_until < now() OR c.{OF_ANOTHER_CLOCK})
                  AND r.state = 'running'
                ORDER BY c.id LIMIT %(n)s FOR UPDATE OF c SKIP LOCKED
            )
            UPDATE distillation_runcobuy c
            SET claim = %(holder)s, claimed_until = now() + make_interval(secs => %(secs)s)
            FROM free WHERE c.id = free.id RETURNING c.cobuy_id
            """,  # noqa: S608 - a rule of our own
            {"holder": holder, "run": run.pk, "n": n, "secs": CLAIM_SECONDS},
        )
        ids = sorted(row[0] for row in cursor.fetchall())
        works = _works(run, options, ids)
        idle = [work.id for work in works if not work.units]
        if idle:
            _settle(run, idle)
    return [work for work in works if work.units]


def record(run: Run, holder: uuid.UUID, ended: Sequence[Ended]) -> bool:
    """Write what has ended, renew the claims; False when the run shall not go on."""
    with transaction.atomic():
        _record_features(run, [e for e in ended if isinstance(e, FeatureEnded)])
        _record_intentions(run, [e for e in ended if isinstance(e, IntentionEnded)])
        _record_verdicts(run, [e for e in ended if isinstance(e, VerdictEnded)])
        _record_failures(run, ended)
        _settle(run, {e.cobuy_id for e in ended if not isinstance(e, FeatureEnded)})
        _renew(run, holder)
        tick_add(run, ended)
    _count(ended)
    return Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).exists()


def _count(ended: Sequence[Ended]) -> None:
    for each in ended:
        told, failure = each.outcome, each.outcome.failure
        calls = MODEL_CALLS.labels(told.server, kind_of(each), failure.reason if failure else "answered")
        calls.inc(told.usage.calls)


def release(run: Run, holder: uuid.UUID) -> None:
    RunCoBuy.objects.filter(run=run, claim=holder).update(claim=None, claimed_until=None)


def planned_calls(run: Run) -> dict[str, int]:
    units = run.cobuys.count() * run.units_per_cobuy
    return {"features": run.products.count(), "intentions": units, "verdicts": units * run.is_filtered}


def _works(run: Run, options: Options, cobuy_ids: list[int]) -> list[CoBuyWork]:
    cobuys = list(CoBuy.objects.filter(pk__in=cobuy_ids).order_by("pk"))
    products = _products(run, options, {pk for cobuy in cobuys for pk in (cobuy.a_id, cobuy.b_id)})
    owed = _owed(run, cobuy_ids)
    if run_treatment(run):  # what was just asked again waits until its pictures are seen to
        cobuys = [c for c in cobuys if products[c.a_id].record.picture and products[c.b_id].record.picture]
    return [CoBuyWork(c.pk, products[c.a_id], products[c.b_id], tuple(owed[c.pk])) for c in cobuys]


def _products(run: Run, options: Options, ids: set[int]) -> dict[int, ProductWork]:
    """The products with their pictures, and with the features that this or an earlier run has asked for."""
    works, salt = {}, settings.LVLM_FEATURE_SALT
    shown = _shown(run, ids)
    for product in Product.objects.filter(pk__in=ids).select_related("picture"):
        stored = product.picture if shown is None else shown.get(product.pk)
        picture = Image(stored.digest, _jpeg(stored.name)) if stored else None
        seen = ProductRecord(product.asin, product.title, product.category, picture)
        works[product.pk] = ProductWork(product.pk, seen, feature_key(seen, options, run.model, run.backend, salt))
    if not options.with_features:
        return works
    known = {f.key: f for f in Feature.objects.filter(key__in=[work.feature_key for work in works.values()])}
    cached = {pk: known[work.feature_key] for pk, work in works.items() if work.feature_key in known}
    _use_cached(run, cached)
    return {pk: _with_feature(work, cached[pk].text) if pk in cached else work for pk, work in works.items()}


def _shown(run: Run, ids: set[int]) -> dict[int, Picture] | None:
    """What the run shows instead of the products' own pictures, if it does."""
    if not run_treatment(run):
        return None
    rows = RunProduct.objects.filter(run=run, product__in=ids, shown__isnull=False).select_related("shown")
    return {row.product_id: row.shown for row in rows if row.shown}


def _with_feature(work: ProductWork, text: str) -> ProductWork:
    seen = work.record
    return ProductWork(
        work.id, ProductRecord(seen.asin, seen.title, seen.category, seen.picture, text), work.feature_key
    )


def _use_cached(run: Run, features: dict[int, Feature]) -> None:
    rows = list(RunProduct.objects.filter(run=run, product__in=features, feature=None))
    for row in rows:
        row.feature, row.from_cache = features[row.product_id], True
    RunProduct.objects.bulk_update(rows, ["feature", "from_cache"])


@lru_cache(maxsize=128)
def _jpeg(name: str) -> bytes:
    """Neighbouring co-buys share products; about 30 kB a picture."""
    with default_storage.open(name) as file:
        return file.read()


def _owed(run: Run, cobuy_ids: list[int]) -> dict[int, list[Unit]]:
    """What each co-buy owes: units without an intention, and intentions without a verdict; failures are ended."""
    texts = {
        (cobuy, relation, sample): (text, judged)
        for cobuy, relation, sample, text, judged in Intention.objects.filter(run=run, cobuy__in=cobuy_ids).values_list(
            "cobuy_id", "relation", "sample", "text", "verdict"
        )
    }
    failed = set(Failure.objects.filter(run=run, cobuy__in=cobuy_ids).values_list("cobuy_id", "relation", "sample"))
    owed = defaultdict(list)
    for unit in [
        (cobuy, relation, sample)
        for cobuy in cobuy_ids
        for relation in run.config["relations"]
        for sample in range(run.config["samples"])
    ]:
        text, judged = texts.get(unit, ("", None))
        ended = judged is not None if run.is_filtered else unit in texts
        if unit not in failed and not ended:
            owed[unit[0]].append(Unit(unit[1], unit[2], text))
    return owed


def _record_features(run: Run, ended: Iterable[FeatureEnded]) -> None:
    done = {e.product.id: e for e in ended if not e.outcome.failure}  # products may share a key, not a row of the run
    # In one order: two workers that insert the same keys in different orders would wait for each other for ever.
    asked = {e.product.feature_key: e for e in sorted(done.values(), key=lambda e: e.product.feature_key)}
    Feature.objects.bulk_create(
        [
            Feature(
                key=key,
                product_id=e.product.id,
                run=run,
                server=_storable(e.outcome.server)[:500],
                text=_storable(e.outcome.said),
                raw_reply=_storable(e.outcome.raw),
            )
            for key, e in asked.items()
        ],
        ignore_conflicts=True,
    )
    stored = dict(Feature.objects.filter(key__in=asked).values_list("key", "pk"))
    rows = list(RunProduct.objects.filter(run=run, product__in=done))
    for row in rows:
        row.feature_id = stored[done[row.product_id].product.feature_key]
    RunProduct.objects.bulk_update(rows, ["feature"])


def _record_intentions(run: Run, ended: Iterable[IntentionEnded]) -> None:
    done = [e for e in ended if not e.outcome.failure]
    if not done:
        return
    columns = (
        [e.cobuy_id for e in done],
        [e.unit.relation for e in done],
        [e.unit.sample for e in done],
        [_storable(e.outcome.said) for e in done],
        [_storable(e.outcome.raw) for e in done],
    )
    # Arrays, not a row of parameters each: to build, send and plan those was most of a worker's time for the database.
    _write(
        """
        INSERT INTO distillation_intention (run_id, cobuy_id, relation, sample, text, raw_reply)
        SELECT %s, u.* FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::text[], %s::text[]) u
        ON CONFLICT DO NOTHING
        """,
        [run.pk, *columns],
    )


def _record_verdicts(run: Run, ended: Iterable[VerdictEnded]) -> None:
    done = [e for e in ended if not e.outcome.failure]
    if not done:
        return
    columns = (
        [e.cobuy_id for e in done],
        [e.unit.relation for e in done],
        [e.unit.sample for e in done],
        [e.outcome.said.yes for e in done],
        [e.outcome.said.p_yes for e in done],
        [_storable(e.outcome.said.reason) for e in done],
        [_storable(e.outcome.raw) for e in done],
    )
    # The verdict belongs to the intention that is stored, and the filter must have been shown that very text:
    # a second worker's answer on another text of the same unit is dropped, and asked again.
    _write(
        """
        INSERT INTO distillation_verdict (intention_id, yes, p_yes, reason, raw_reply)
        SELECT i.id, v.yes, v.p_yes, v.reason, v.raw_reply
        FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::bool[],
                    %s::float8[], %s::text[], %s::text[], %s::text[])
          AS v (cobuy_id, relation, sample, yes, p_yes, reason, raw_reply, text)
        JOIN distillation_intention i
          ON i.run_id = %s AND i.cobuy_id = v.cobuy_id AND i.relation = v.relation AND i.sample = v.sample
         AND i.text = v.text
        ON CONFLICT DO NOTHING
        """,
        [*columns, [_storable(e.unit.intention) for e in done], run.pk],
    )


def _record_failures(run: Run, ended: Iterable[Ended]) -> None:
    failures = [_failure(run, e, e.outcome.failure) for e in ended if e.outcome.failure]
    Failure.objects.bulk_create(failures, ignore_conflicts=True)


def _failure(run: Run, e: Ended, why: Why) -> Failure:
    failure = Failure(run=run, reason=why.reason[:40], detail=_storable(why.detail), raw_reply=_storable(e.outcome.raw))
    if isinstance(e, FeatureEnded):
        failure.step, failure.product_id = Failure.Step.FEATURE, e.product.id
    else:
        failure.step = Failure.Step.VERDICT if isinstance(e, VerdictEnded) else Failure.Step.INTENTION
        failure.cobuy_id, failure.relation, failure.sample = e.cobuy_id, e.unit.relation, e.unit.sample
    return failure


def _settle(run: Run, cobuy_ids: Iterable[int]) -> None:
    """Count anew what these co-buys owe; the count is derived from the rows, so it can't drift from them."""
    verdict = "JOIN distillation_verdict v ON v.intention_id = i.id" if run.is_filtered else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE distillation_runcobuy c SET n_owed = greatest(0, %(units)s
                - (SELECT count(*) FROM distillation_intention i {verdict}
                   WHERE i.run_id = c.run_id AND i.cobuy_id = c.cobuy_id)
                - (SELECT count(*) FROM distillation_failure f WHERE f.run_id = c.run_id AND f.cobuy_id = c.cobuy_id))
            WHERE c.run_id = %(run)s AND c.cobuy_id = ANY(%(cobuys)s)
            """,  # noqa: S608 - a join or none
            {"units": run.units_per_cobuy, "run": run.pk, "cobuys": sorted(cobuy_ids)},
        )


def _renew(run: Run, holder: uuid.UUID) -> None:
    with connection.cursor() as cursor:
        # Only claims that are about a third used up: a row version for each co-buy twice a second would be waste.
        cursor.execute(
            f"""
            UPDATE distillation_runcobuy SET claimed_until = now() + make_interval(secs => %(secs)s)
            WHERE run_id = %(run)s AND claim = %(holder)s AND n_owed > 0
              AND (claimed_until < now() + make_interval(secs => %(secs)s * 0.67) OR {OF_ANOTHER_CLOCK})
            """,  # noqa: S608 - a rule of our own
            {"secs": CLAIM_SECONDS, "run": run.pk, "holder": holder},
        )


def _write(statement: str, values: list) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _storable(text: str) -> str:
    """PostgreSQL's text holds neither NUL nor lone surrogates; a model's answer may."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
