"""How the p_yes of a run's verdicts are spread: counted in the database, kept for a while."""

from collections.abc import Iterable

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from common.cached import cached
from distillation.models import Run

STEPS = 1000
RUNNING_FOR_S, ENDED_FOR_S = 20, 600
_COUNT = """
    SELECT width_bucket(coalesce(v.p_yes, v.yes::int), %(cuts)s::float8[]) - 1, count(*)
    FROM distillation_intention i JOIN distillation_verdict v ON v.intention_id = i.id
    WHERE i.run_id = %(run)s AND (%(relation)s = '' OR i.relation = %(relation)s) GROUP BY 1
"""


def runs_p_yes(runs: Iterable[Run], relation: str = "") -> NDArray[np.int64]:
    """Verdicts by thousandths, from 0 to 1 itself: (1001,); a verdict without a probability counts as 1 or 0."""
    return np.sum([_of_run(run, relation) for run in runs] or [np.zeros(STEPS + 1, dtype=np.int64)], axis=0)


def _of_run(run: Run, relation: str) -> NDArray[np.int64]:
    seconds = RUNNING_FOR_S if run.state == Run.State.RUNNING else ENDED_FOR_S
    return cached(f"p-yes-{run.pk}-{run.state}-{relation}", lambda: _counted(run, relation), seconds)


def _counted(run: Run, relation: str) -> NDArray[np.int64]:
    counts = np.zeros(STEPS + 1, dtype=np.int64)
    cuts = [k / STEPS for k in range(STEPS + 1)]
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"run": run.pk, "relation": relation, "cuts": cuts})
        for step, n in cursor.fetchall():
            counts[step] = n
    return counts
