"""A run's intentions and the purchases after a date, as the pure half takes them: products by place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection

from annotation.models import Study
from common.kept import kept_sql
from distillation.models import Run
from research.purchases.refusals import PurchaseTestRefused
from research.ranking.designs import Catalog, Design, Event, Intentions, Told
from stats.packing import unpack

MOST_PRODUCTS = 50_000  # that wrong partners are drawn from
MOST_QUERIES = 5_000
# What is known of each item of the run's intentions that people have judged, over all studies of ratings.
_LABELS = """
    SELECT t.intention_id, t.study_id, sum(t.plausibility_tally), sum(t.typicality_tally)
    FROM annotation_item t JOIN annotation_study s ON s.id = t.study_id
    WHERE t.run_id = %(run)s AND t.gold IS NULL AND t.plausibility_tally > 0 AND s.kind = 'rating'
    GROUP BY 1, 2 ORDER BY 1, 2
"""
_TOLD = """
    SELECT i.id, c.a_id, c.b_id, i.relation, i.text, {kept}, v.intention_id IS NOT NULL, c.bought_at
    FROM distillation_intention i JOIN distillation_cobuy c ON c.id = i.cobuy_id
    LEFT JOIN distillation_verdict v ON v.intention_id = i.id
    WHERE i.run_id = %(run)s ORDER BY i.id
"""
# Bought together for the first time after the day: with one buyer of those who did, if buyers are known.
_EVENTS = """
    SELECT c.a_id, c.b_id, (
        SELECT min(one.buyer) FROM distillation_purchase one JOIN distillation_purchase other
          ON other.buyer = one.buyer AND other.product_id = c.b_id AND greatest(one.at, other.at) = c.bought_at
        WHERE one.product_id = c.a_id
    )
    FROM distillation_cobuy c WHERE c.bought_at >= %(after)s ORDER BY c.id
"""
_PARTNERS = "SELECT a_id, b_id FROM distillation_cobuy WHERE a_id = ANY(%(ids)s) OR b_id = ANY(%(ids)s)"
_POOL = """
    SELECT id FROM distillation_product p
    WHERE EXISTS (SELECT FROM distillation_cobuy c WHERE c.a_id = p.id OR c.b_id = p.id) ORDER BY id
"""
_TITLES = "SELECT id, title, category FROM distillation_product WHERE id = ANY(%(ids)s) ORDER BY id"

_DATED = """
    SELECT count(*), min(bought_at)::date, max(bought_at)::date FROM distillation_cobuy WHERE bought_at IS NOT NULL
"""


@dataclass(frozen=True)
class Read:
    catalog: Catalog
    intentions: Intentions
    events: list[Event]
    filtered: bool
    left_out: dict[str, int]


def purchases_read(run: Run, until: date, design: Design, seed: int) -> Read:
    after = datetime.combine(until + timedelta(days=1), datetime.min.time(), UTC)
    with connection.cursor() as cursor:
        told, undated, later = _told(cursor, run, after, design)
        events = _rows(cursor, _EVENTS, after=after)
        if not events:
            raise PurchaseTestRefused(_no_purchases(cursor, until))
        if not told:
            raise PurchaseTestRefused(
                f"Run {run.name} has no intention of a co-buy known to be bought {_when(design)} {until}: "
                "import_reviews or import_purchases with --window dates co-buys"
            )
        drawn = _drawn(events, told, design, np.random.default_rng(seed))
        ids = {each for row in told for each in row[1:3]} | {each for row in drawn for each in row[:2]}
        catalog, place = _catalog(cursor, ids, seed)
        labels = _labels(cursor, run)
    filtered = any(row[6] for row in told)
    customers = {buyer: i for i, buyer in enumerate(sorted({row[2] for row in drawn if row[2] is not None}))}
    return Read(
        catalog=catalog,
        intentions=Intentions(
            [
                Told(place[a], place[b], relation, text, bool(kept), labels.get(pk, ""))
                for pk, a, b, relation, text, kept, has_verdict, _ in told
                if has_verdict or not filtered
            ],
            one_sided=design == "one-sided",
        ),
        events=[Event(place[a], place[b], -1 if buyer is None else customers[buyer]) for a, b, buyer in drawn],
        filtered=filtered,
        left_out={
            "intentions of co-buys without a date": undated,
            "intentions of co-buys after the date": later,
            "purchases that the intentions say nothing of, or beyond the most that are asked": len(events) - len(drawn),
        },
    )


def _rows(cursor: Any, sql: str, **values: Any) -> list[tuple[Any, ...]]:
    cursor.execute(sql, values)
    return list(cursor.fetchall())


def _told(cursor: Any, run: Run, after: datetime, design: Design) -> tuple[list[tuple[Any, ...]], int, int]:
    """Of transfer those before; of naive those of the pairs to be predicted; one-sided ones know no partner."""
    rows = _rows(cursor, _TOLD.format(kept=kept_sql("v.p_yes", repr(run.strictness), "v.yes")), run=run.pk)
    if design == "one-sided":
        return rows, 0, 0
    undated = sum(row[7] is None for row in rows)
    dated = [row for row in rows if row[7] is not None]
    later = [row for row in dated if row[7] >= after]
    return (later, undated, 0) if design == "naive" else ([r for r in dated if r[7] < after], undated, len(later))


def _drawn(
    events: Sequence[tuple[Any, ...]], told: Sequence[tuple[Any, ...]], design: Design, rng: np.random.Generator
) -> list[tuple[int, int, int | None]]:
    """Each co-buy asks once: of the product that intentions speak of, of both one by lot."""
    spoken = {row[1] for row in told} | (set() if design == "one-sided" else {row[2] for row in told})
    pairs = {(row[1], row[2]) for row in told}
    found = []
    for a, b, buyer in events:
        ends = [(a, b)] * (a in spoken) + [(b, a)] * (b in spoken)
        if ends and (design != "naive" or (a, b) in pairs):
            found.append((*ends[int(rng.integers(len(ends)))], buyer))
    if len(found) > MOST_QUERIES:
        found = [found[i] for i in sorted(rng.choice(len(found), MOST_QUERIES, replace=False).tolist())]
    return found


def _catalog(cursor: Any, ids: set[int], seed: int) -> tuple[Catalog, dict[int, int]]:
    """With further products that take part in co-buys, as wrong partners."""
    others = [pk for (pk,) in _rows(cursor, _POOL) if pk not in ids]
    room = max(MOST_PRODUCTS - len(ids), 0)
    if len(others) > room:
        others = np.random.default_rng(seed).choice(others, room, replace=False).tolist()
    rows = _rows(cursor, _TITLES, ids=[*ids, *others])
    place = {pk: i for i, (pk, *_) in enumerate(rows)}
    partners: list[set[int]] = [set() for _ in rows]
    for a, b in _rows(cursor, _PARTNERS, ids=list(ids)):
        if a in place and b in place:
            partners[place[a]].add(place[b])
            partners[place[b]].add(place[a])
    return Catalog([title for _, title, _ in rows], [category for *_, category in rows], partners), place


def _labels(cursor: Any, run: Run) -> dict[int, str]:
    """By intention: what most of those who judged it said; where two studies did, the later."""
    studies = {study.pk: study for study in Study.objects.filter(runs=run)}
    found = {}
    for pk, study, *tallies in _rows(cursor, _LABELS, run=run.pk):
        shares = list(_shares(studies[study], tallies)) if study in studies else []
        if shares and shares[0] is not None:
            typical = len(shares) > 1 and shares[1] is not None and shares[1] > 0.5
            found[pk] = "not plausible" if shares[0] <= 0.5 else "typical" if typical else "plausible only"
    return found


def _shares(study: Study, tallies: Sequence[Any]) -> Iterator[float | None]:
    for question, tally in zip(study.questions, tallies, strict=True):
        counts = unpack(np.array([int(tally)]), len(question.options))[0]
        yield float(counts @ question.says_yes / counts.sum()) if counts.sum() else None


def _when(design: Design) -> str:
    return "after" if design == "naive" else "until"


def _no_purchases(cursor: Any, until: date) -> str:
    cursor.execute(_DATED)
    n, first, last = cursor.fetchone()
    if not n:
        return "No co-buy has a date: bring purchases in with import_reviews or import_purchases, with --window DAYS"
    return (
        f"No co-buy was first bought after {until}: the {n:,} with a date are from {first} to {last}; "
        "choose a day between"
    )
