"""The items of a study with when their co-buy was first bought, one by one: co-buys are the sampling units here."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.figures.patterns import complete_in, kept_at
from annotation.judging.quality.columns import numbers_of, sent_sql
from annotation.models import Item, Study
from stats.filter.complete import majority_truth
from stats.packing import unpack
from stats.sample import Sample, sample_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# As the item was drawn; for one that was drawn before purchases came in, as it is known now. Small numbers are sent in
# one, and of words, which are few, a hash.
_ITEMS = """
    SELECT {sent} FROM (
        SELECT t.id, i.cobuy_id AS cobuy, t.inclusion_probability AS inclusion,
               t.plausibility_tally AS plausibility, t.typicality_tally AS typicality,
               hashtextextended(concat_ws(e'\x1f', t.category, t.relation, t.stratum, t.run_id), 0) AS words,
               128 * coalesce(t.bought_year, extract(year FROM c.bought_at AT TIME ZONE 'UTC'), 0)::int
               + 8 * coalesce(t.bought_month, extract(month FROM c.bought_at AT TIME ZONE 'UTC'), 0)::int
               + 4 * (t.filter_yes IS NOT NULL)::int + 2 * coalesce({kept}, false)::int + ({complete})::int AS bits
        FROM (SELECT *, n_judged AS asked FROM annotation_item WHERE study_id = %s AND gold IS NULL) t
        JOIN distillation_intention i ON i.id = t.intention_id JOIN distillation_cobuy c ON c.id = i.cobuy_id
    ) x
"""
NUMBERS = {"inclusion": "f8"} | dict.fromkeys(("id", "cobuy", "plausibility", "typicality", "words", "bits"), "i8")
WORDS = {"category": "category", "relation": "relation", "stratum": "stratum", "run": "run_id"}


@dataclass(frozen=True, slots=True)
class Dated:
    """Judged items (rows,); year and month are 0 where nobody is known to have bought both. `plausible` and `typical`
    are shares of those who judged, `right` whether the filter agrees with the majority; NaN where it is not known."""

    year: NDArray[np.int64]
    month: NDArray[np.int64]
    category: NDArray[np.str_]
    relation: NDArray[np.str_]
    run: NDArray[np.int64]
    plausible: Floats
    typical: Floats
    right: Floats
    sample: Sample

    def values(self, measure: str) -> tuple[Floats, Bools]:
        """With which rows have one."""
        values: Floats = getattr(self, measure)
        return np.nan_to_num(values), ~np.isnan(values)

    def where(self, rows: Bools) -> "Dated":
        columns: dict[str, Any] = {
            field.name: getattr(self, field.name)[rows] for field in fields(self) if field.name != "sample"
        }
        return Dated(sample=self.sample.where(rows), **columns)


def dated_items(study: Study) -> Dated:
    return dated_of(study, item_columns(study))


def item_columns(study: Study) -> dict[str, NDArray]:
    """All sampled items (rows,), judged or not, in their order."""
    connection.ensure_connection()
    with connection.connection.cursor(binary=True) as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        sent = sent_sql(NUMBERS)
        cursor.execute(_ITEMS.format(kept=kept_at(study), complete=complete_in(study), sent=sent), [study.pk])
        found = numbers_of(cursor.fetchone(), NUMBERS)
    order = np.argsort(found["id"])
    columns = {name: column[order] for name, column in found.items()}
    bits, words = columns.pop("bits"), columns.pop("words")
    small = {"year": bits >> 7, "month": bits >> 3 & 15}
    small |= {name: bits >> place & 1 for place, name in enumerate(("complete", "kept", "filtered"))}
    return columns | small | _words(columns["id"], words)


def _words(ids: NDArray[np.int64], words: NDArray[np.int64]) -> dict[str, NDArray]:
    """Read of one item for each that is different."""
    _, first, place = np.unique(words, return_index=True, return_inverse=True)
    known = Item.objects.filter(pk__in=ids[first].tolist()).in_bulk()
    items = [known[pk] for pk in ids[first].tolist()]
    return {
        name: np.array([getattr(each, field) for each in items], dtype=object)[place] for name, field in WORDS.items()
    }


def dated_of(study: Study, of: dict[str, NDArray]) -> Dated:
    filtered, kept, complete = (of[name].astype(bool) for name in ("filtered", "kept", "complete"))
    plausible, typical, truth = _answers(study, of["plausibility"].astype(np.int64), of["typicality"].astype(np.int64))
    judged, stratum = ~np.isnan(plausible), of["stratum"].astype(str)
    weights = _speaking(1 / of["inclusion"].astype(float), stratum, judged)
    every = Dated(
        year=of["year"].astype(np.int64),
        month=of["month"].astype(np.int64),
        category=of["category"].astype(str),
        relation=of["relation"].astype(str),
        run=of["run"].astype(np.int64),
        plausible=plausible,
        typical=typical,
        right=np.where(filtered & complete, np.where(kept, truth, 1 - truth), np.nan),
        sample=sample_of(len(judged), weights, stratum, clusters=of["cobuy"].astype(np.int64)),
    )
    return every.where(judged)


def _answers(study: Study, *tallies: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """Shares of yes by question, and the majority on the first."""
    shares, truth = [], np.zeros(0)
    for question, tally in zip(study.questions, tallies, strict=True):
        counts = unpack(tally, len(question.options))
        yes, judged = counts @ question.says_yes, counts.sum(axis=1)
        shares.append(np.where(judged > 0, yes / np.maximum(judged, 1), np.nan))
        truth = truth if len(shares) > 1 else majority_truth(yes, judged)
    return shares[0], shares[1], truth


def _speaking(weights: Floats, stratum: NDArray[np.str_], judged: Bools) -> Floats:
    """The judged of a stratum speak for all that were drawn in it."""
    code = np.unique(stratum, return_inverse=True)[1]
    drawn, heard = np.bincount(code, weights), np.bincount(code, weights * judged)
    factor: Floats = weights * (drawn / np.where(heard > 0, heard, 1))[code]
    return factor
