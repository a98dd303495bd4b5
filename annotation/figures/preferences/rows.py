"""Judgments of pairs as columns: which run's intention was preferred, on which side it stood, and how long both are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.models import Kind, Study
from annotation.scales import Preference
from common.counting import first_sql, included_sql

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Bools = NDArray[np.bool_]

_WORDS = "cardinality(regexp_split_to_array(trim(i.{}), '\\s+'))"
_ROWS = f"""
    SELECT j.preference, j.first_left, j.kind, j.participant_id, j.item_id, t.cobuy_id, i.relation, t.sample, i.run_id,
           i.other_run_id, i.inclusion_probability, {_WORDS.format("first_shown")}, {_WORDS.format("second_shown")}
    FROM annotation_judgment j
    JOIN annotation_participant p ON p.id = j.participant_id
    JOIN annotation_item i ON i.id = j.item_id
    JOIN distillation_intention t ON t.id = i.intention_id
    WHERE i.study_id = %s AND i.gold IS NULL AND {included_sql()} AND ({first_sql()} OR j.kind = '{Kind.REPEAT}')
    ORDER BY j.id
"""  # noqa: S608 - rules of our own


@dataclass(frozen=True, slots=True)
class Preferences:
    """One row a judgment, (judgments,); `first` and `second` are places in the list of runs."""

    said: Codes
    first_left: Bools
    is_repeat: Bools
    annotator: Codes
    item: Codes
    cobuy: Codes
    unit: Codes  # co-buy, relation and sample
    first: Codes
    second: Codes
    weights: Floats
    log_ratio: Floats  # of the first one's words to the second one's

    def where(self, rows: Bools) -> "Preferences":
        return Preferences(**{name: getattr(self, name)[rows] for name in self.__slots__})

    def between(self, first: int, second: int) -> "Preferences":
        return self.where((self.first == first) & (self.second == second))

    @property
    def of_first(self) -> Codes:
        """With the first intention taken as the left one."""
        mirrored = np.array([0, *(answer.mirrored for answer in Preference)])[self.said]
        return np.where(self.first_left, self.said, mirrored)

    @property
    def told(self) -> Bools:
        """Who can't tell leaves."""
        return self.said != Preference.CANNOT_TELL

    @property
    def decided(self) -> Bools:
        return self.said <= Preference.RIGHT

    @property
    def score(self) -> Floats:
        """What the first one got: a win is 1, a tie a half."""
        return np.select([self.of_first == Preference.LEFT, self.of_first == Preference.RIGHT], [1.0, 0.0], 0.5)


def preferences_of(study: Study, runs: Sequence[int]) -> Preferences:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [study.pk])
        columns: list[Any] = [np.array(column) for column in zip(*cursor.fetchall(), strict=True)] or [np.empty(0)] * 13
    said, first_left, kind, annotator, item, cobuy, relation, sample, first, second, chance, words, others = columns
    units = np.char.add(np.char.add(cobuy.astype(str), "/"), relation.astype(str))
    units = np.char.add(np.char.add(units, "/"), sample.astype(str))
    place = {pk: i for i, pk in enumerate(runs)}
    return Preferences(
        said=said.astype(np.int64),
        first_left=first_left.astype(bool),
        is_repeat=kind == Kind.REPEAT,
        annotator=annotator.astype(np.int64),
        item=item.astype(np.int64),
        cobuy=cobuy.astype(np.int64),
        unit=np.unique(units, return_inverse=True)[1].astype(np.int64),
        first=np.array([place[pk] for pk in first], dtype=np.int64),
        second=np.array([place[pk] for pk in second], dtype=np.int64),
        weights=1 / chance.astype(float),
        log_ratio=np.log(words.astype(float) / others.astype(float)),
    )
