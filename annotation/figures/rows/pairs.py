"""Items of two runs, on the same co-buys and relations."""

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.figures.rows.kinds import Pairs
from annotation.models import Study
from annotation.scales import Question
from distillation.models import Run
from stats.packing import unpack
from stats.survey.nonresponse import Response, reweighted

# One row for each pair of drawn items; a run's samples of a unit pair by their number.
_PAIRS = """
    SELECT a.id, ta.cobuy_id, a.inclusion_probability, b.inclusion_probability, a.stratum, b.stratum,
           a.n_judged > 0 AND b.n_judged > 0,
           a.plausibility_tally, a.typicality_tally, b.plausibility_tally, b.typicality_tally
    FROM annotation_item a JOIN distillation_intention ta ON ta.id = a.intention_id
    JOIN distillation_intention tb
      ON tb.run_id = %(b)s AND (tb.cobuy_id, tb.relation, tb.sample) = (ta.cobuy_id, ta.relation, ta.sample)
    JOIN annotation_item b ON b.intention_id = tb.id AND b.study_id = a.study_id
    WHERE a.study_id = %(study)s AND a.run_id = %(a)s AND a.gold IS NULL AND b.gold IS NULL
    ORDER BY a.id
"""


def pairs(study: Study, a: Run, b: Run) -> Pairs:
    drawn = _drawn(study, a, b)
    response, judged = _response(study, drawn), drawn[:, 6].astype(bool)
    rows, (first, second) = drawn[judged], study.questions
    return Pairs(
        item=rows[:, 0].astype(np.int64),
        cobuy=rows[:, 1].astype(np.int64),
        weights=response.weights[judged],
        unjudged=response.unjudged,
        tallies={
            question.name: (_votes(question, rows[:, of_a]), _votes(question, rows[:, of_b]))
            for question, of_a, of_b in ((first, 7, 9), (second, 8, 10))
        },
    )


def _drawn(study: Study, a: Run, b: Run) -> NDArray:
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, {"study": study.pk, "a": a.pk, "b": b.pk})
        return np.array(cursor.fetchall(), dtype=object).reshape(-1, 11)


def _response(study: Study, drawn: NDArray) -> Response:
    """Pairs were drawn as one; where they meet by chance, each of them was drawn by itself."""
    chance = drawn[:, 2] if study.paired else drawn[:, 2] * drawn[:, 3]
    strata = drawn[:, 4] if study.paired else drawn[:, 4] + " and " + drawn[:, 5]
    return reweighted(drawn[:, 6].astype(bool), 1 / chance.astype(float), strata.astype(str))


def _votes(question: Question, tallies: NDArray) -> NDArray[np.int64]:
    return unpack(tallies.astype(np.int64), len(question.options))
