"""Would a strictness for each relation pay? From what people say of the control's intentions."""

from __future__ import annotations

import numpy as np
from django.db import connection

from annotation.models import Study
from common.complete import wanted_sql
from distillation.models import Run
from distillation.pipeline.relations import RELATIONS
from research.experiments.pairs import shares_of
from stats.filter.by_group import ByGroup, by_group

SEED = 1  # always the same tenths
ITEMS = f"""
    SELECT i.cobuy_id, t.relation, t.inclusion_probability, coalesce(t.p_yes, t.filter_yes::int), t.plausibility_tally
    FROM annotation_item t JOIN distillation_intention i ON i.id = t.intention_id
    WHERE t.study_id = %(study)s AND t.run_id = %(run)s AND t.gold IS NULL
      AND t.n_judged >= {wanted_sql("t")}
      AND t.n_judged > 0 AND t.filter_yes IS NOT NULL ORDER BY t.id
"""  # noqa: S608 - a rule of our own


def strictness_by_relation(study: Study, run: Run) -> ByGroup:
    """Of complete items with a majority, by relations' words."""
    with connection.cursor() as cursor:
        cursor.execute(ITEMS, {"study": study.pk, "run": run.pk})
        rows = np.array(cursor.fetchall(), dtype=object).reshape(-1, 5)
    share = shares_of(study.questions[0], rows[:, 4])
    rows, share = rows[share != 0.5], share[share != 0.5]
    words = np.array([RELATIONS[code].words for code in rows[:, 1]], dtype=str)
    return by_group(
        rows[:, 3].astype(float),
        share > 0.5,
        words,
        clusters=rows[:, 0].astype(np.int64),
        weights=1 / rows[:, 2].astype(float),
        rng=np.random.default_rng(SEED),
    )
