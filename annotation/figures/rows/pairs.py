"""Judged items of two runs, on the same co-buys and relations."""

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.figures.rows.kinds import Pairs
from annotation.models import Study
from annotation.scales import Question
from distillation.models import Run
from stats.packing import unpack

# One row for each pair of judged items; a run's samples of a unit pair by their number.
_PAIRS = """
    SELECT ta.cobuy_id, a.inclusion_probability,
           a.plausibility_tally, a.typicality_tally, b.plausibility_tally, b.typicality_tally
    FROM annotation_item a JOIN distillation_intention ta ON ta.id = a.intention_id
    JOIN distillation_intention tb
      ON tb.run_id = %(b)s AND (tb.cobuy_id, tb.relation, tb.sample) = (ta.cobuy_id, ta.relation, ta.sample)
    JOIN annotation_item b ON b.intention_id = tb.id AND b.study_id = a.study_id
    WHERE a.study_id = %(study)s AND a.run_id = %(a)s AND a.gold IS NULL AND b.gold IS NULL
      AND a.n_judged > 0 AND b.n_judged > 0
    ORDER BY a.id
"""


def pairs(study: Study, a: Run, b: Run) -> Pairs:
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, {"study": study.pk, "a": a.pk, "b": b.pk})
        rows = np.array(cursor.fetchall(), dtype=object).reshape(-1, 6)
    first, second = study.questions
    return Pairs(
        cobuy=rows[:, 0].astype(np.int64),
        weights=1 / rows[:, 1].astype(float),
        tallies={
            question.name: (_votes(question, rows[:, of_a]), _votes(question, rows[:, of_b]))
            for question, of_a, of_b in ((first, 2, 4), (second, 3, 5))
        },
    )


def _votes(question: Question, tallies: NDArray) -> NDArray[np.int64]:
    return unpack(tallies.astype(np.int64), len(question.options))
