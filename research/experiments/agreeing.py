"""How far two filters agree over the same intentions: counted, so the shares are exact."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from common.kept import kept_sql
from research.models import Arm
from stats.agreement.cohen import cohen_kappa_of_clusters
from stats.estimate import Estimate

OF_FILTERS = ("", "filter", "filter-model")  # factors of arms that may have judged the same texts
TABLES = f"""
    SELECT count(*) FILTER (WHERE one AND other), count(*) FILTER (WHERE one AND NOT other),
           count(*) FILTER (WHERE NOT one AND other), count(*) FILTER (WHERE NOT one AND NOT other)
    FROM (
        SELECT a.cobuy_id, {kept_sql("va.p_yes", "%(a_from)s", "va.yes")} AS one,
               {kept_sql("vb.p_yes", "%(b_from)s", "vb.yes")} AS other
        FROM distillation_intention a JOIN distillation_verdict va ON va.intention_id = a.id
        JOIN distillation_intention b
          ON b.run_id = %(b)s AND (b.cobuy_id, b.relation, b.sample) = (a.cobuy_id, a.relation, a.sample)
         AND b.text = a.text
        JOIN distillation_verdict vb ON vb.intention_id = b.id WHERE a.run_id = %(a)s
    ) judged GROUP BY cobuy_id
"""  # noqa: S608 - a rule of our own


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of two filters: intentions that both keep, that one of them keeps, that neither does."""

    first: Arm
    second: Arm
    both: int
    first_only: int
    second_only: int
    neither: int
    kappa: Estimate

    @property
    def n(self) -> int:
        return self.both + self.first_only + self.second_only + self.neither

    @property
    def agree(self) -> float:
        return (self.both + self.neither) / self.n


def agreements(arms: list[Arm]) -> list[Agreement]:
    """Of each two arms that judged the same texts, the control among them."""
    own = [arm for arm in arms if not arm.reading and arm.run.is_filtered and arm.factor in OF_FILTERS]
    found = []
    for first, second in combinations(own, 2):
        tables = _tables(first, second)
        if tables.size:
            both, one, other, neither = (int(n) for n in tables.sum(axis=0))
            kappa = cohen_kappa_of_clusters(tables.reshape(-1, 2, 2))
            found.append(Agreement(first, second, both, one, other, neither, kappa))
    return found


def _tables(first: Arm, second: Arm) -> NDArray[np.int64]:
    """A row for each co-buy, as in Agreement."""
    params = {
        "a": first.run_id, "b": second.run_id, "a_from": first.run.strictness, "b_from": second.run.strictness
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(TABLES, params)
        return np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 4)
