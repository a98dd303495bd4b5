"""Pairs of judged intentions on the same co-buy and relation: an arm's and the control's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.models import Study
from annotation.scales import Question
from common.counting import counting_sql, rated_sql
from common.kept import kept_sql
from distillation.lvlm.baseline.titles import read_title
from distillation.models import Run
from stats.arms import Known
from stats.crossed import crossed_difference
from stats.estimate import Estimate, undefined
from stats.packing import unpack
from stats.paired import NO_COMMON

ACCURACY = "Filter accuracy"
COLUMNS = 18
PAIRS = f"""
    SELECT ta.cobuy_id, ta.relation, a.inclusion_probability, a.p_yes, b.p_yes,
           {kept_sql("a.p_yes", "%(a_from)s", "a.filter_yes")}, {kept_sql("b.p_yes", "%(b_from)s", "b.filter_yes")},
           a.plausibility_tally, a.typicality_tally, b.plausibility_tally, b.typicality_tally,
           a.id, b.id, a.category, pa.title, pb.title, a.run_id, b.run_id
    FROM annotation_item a JOIN distillation_intention ta ON ta.id = a.intention_id
    JOIN distillation_intention tb
      ON tb.run_id = %(b)s AND (tb.cobuy_id, tb.relation, tb.sample) = (ta.cobuy_id, ta.relation, ta.sample)
    JOIN annotation_item b ON b.intention_id = tb.id AND b.study_id = a.study_id
    JOIN distillation_cobuy c ON c.id = ta.cobuy_id
    JOIN distillation_product pa ON pa.id = c.a_id JOIN distillation_product pb ON pb.id = c.b_id
    WHERE a.study_id = %(study)s AND a.run_id = %(a)s AND a.gold IS NULL AND b.gold IS NULL
      AND a.n_judged > 0 AND b.n_judged > 0 ORDER BY a.id
"""  # noqa: S608 - a rule of our own
KNOWN = """
    SELECT avg(va.p_yes - vb.p_yes), bool_or(va.p_yes IS NULL OR vb.p_yes IS NULL)
    FROM distillation_intention a JOIN distillation_verdict va ON va.intention_id = a.id
    JOIN distillation_intention b
      ON b.run_id = %(b)s AND (b.cobuy_id, b.relation, b.sample) = (a.cobuy_id, a.relation, a.sample)
    JOIN distillation_verdict vb ON vb.intention_id = b.id WHERE a.run_id = %(a)s
"""
LABELS = f"""
    SELECT j.item_id, j.participant_id, j.plausibility, coalesce(j.typicality, -1)
    FROM annotation_judgment j JOIN annotation_participant p ON p.id = j.participant_id
    WHERE j.item_id = ANY(%(items)s) AND {counting_sql()} AND {rated_sql()}
"""  # noqa: S608 - rules of our own


@dataclass(frozen=True)
class Pairs:
    """Arrays (pairs,), of the arm first; `shares` are of people who say yes, by figure."""

    cobuy: NDArray[np.int64]
    weights: NDArray[np.float64]
    parts: dict[str, NDArray[np.str_]]
    known: Known | None
    shares: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]
    items: NDArray[np.int64]
    kept: NDArray[np.float64]
    questions: tuple[Question, ...]

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """Item, annotator, plausibility, typicality of each judgment: (labels, 4)."""
        with connection.cursor() as cursor:
            cursor.execute(LABELS, {"items": self.items.ravel().tolist()})
            return np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 4)

    def people(self, name: str, within: NDArray[np.bool_] | None = None) -> Estimate:
        """The difference for people like the annotators: co-buys and annotators are both drawn from more. `within`
        (pairs,) are those of a part."""
        labels = self.labels
        if not len(labels):
            return undefined(NO_COMMON)
        column = 3 if name == self.questions[1].short else 2
        labels = labels[labels[:, column] >= 0]
        order = np.argsort(self.items.ravel())
        place = order[np.searchsorted(self.items.ravel(), labels[:, 0], sorter=order)]
        pair, is_control = np.divmod(place, 2)
        yes = (labels[:, column] >= self.questions[column - 2].positive_from).astype(float)
        if name == ACCURACY:
            kept = self.kept.ravel()[place]
            yes = np.where(np.isnan(kept), np.nan, yes == kept)
        there = ~np.isnan(yes) & (True if within is None else within[pair])
        if not there.any():
            return undefined(NO_COMMON)
        weights = self.weights[pair] / np.bincount(place, minlength=self.items.size)[place]
        return crossed_difference(
            yes[there], is_control[there] == 0, self.cobuy[pair][there], labels[there, 1], weights[there]
        )


def pairs_read(study: Study, arm: Run, control: Run) -> Pairs:
    params = {"a": arm.pk, "b": control.pk, "study": study.pk}
    with connection.cursor() as cursor:
        cursor.execute(PAIRS, {**params, "a_from": arm.strictness, "b_from": control.strictness})
        rows = np.array(cursor.fetchall(), dtype=object).reshape(-1, COLUMNS)
        cursor.execute(KNOWN, params)
        mean, missing = cursor.fetchone()
    first, second = study.questions
    plausible = shares_of(first, rows[:, 7]), shares_of(first, rows[:, 9])
    p_yes = rows[:, 3:5].astype(float)
    kept = np.array([[np.nan if each is None else float(each) for each in row] for row in rows[:, 5:7]]).reshape(-1, 2)
    return Pairs(
        cobuy=rows[:, 0].astype(np.int64),
        weights=1 / rows[:, 2].astype(float),
        parts={
            "relation": rows[:, 1].astype(str),
            "category": np.array([category or "none" for category in rows[:, 13]], dtype=str),
            "product type": np.array([product_types(*titles) for titles in rows[:, 14:16]], dtype=str),
        },
        known=None if mean is None or missing else Known(p_yes[:, 0] - p_yes[:, 1], float(mean)),
        shares={
            first.short: plausible,
            second.short: (shares_of(second, rows[:, 8]), shares_of(second, rows[:, 10])),
            ACCURACY: (agreeing(kept[:, 0], plausible[0]), agreeing(kept[:, 1], plausible[1])),
        },
        items=rows[:, 11:13].astype(np.int64),
        kept=kept,
        questions=tuple(study.questions),
    )


def product_types(title_a: str, title_b: str) -> str:
    """What both products are, read from their titles by the rules of the baseline."""
    a, b = sorted(read_title(title).group.name for title in (title_a, title_b))
    return a if a == b else f"{a} + {b}"


def shares_of(question: Question, tallies: NDArray) -> NDArray[np.float64]:
    """Of each item's answers those that say yes; not a number where there is none."""
    counts = unpack(tallies.astype(np.int64), len(question.options))
    total = counts.sum(axis=1)
    return np.where(total > 0, counts @ question.says_yes / np.maximum(total, 1), np.nan)


def agreeing(kept: NDArray[np.float64], plausible: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of people with whom the filter's verdict agrees."""
    return np.where(kept == 1, plausible, np.where(kept == 0, 1 - plausible, np.nan))
