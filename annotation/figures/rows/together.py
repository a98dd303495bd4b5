"""What all participants of a study have done together, as their rows count it: a statement for all that ask."""

from typing import NamedTuple

from django.db import connection

from annotation.models import Study
from common.counting import included_sql

_REVISION = """
    SELECT (SELECT coalesce(sum(revision), 0) FROM annotation_participant WHERE study_id = s.id), s.state, (
        SELECT array_agg(r.strictness ORDER BY r.id) FROM annotation_study_runs u
        JOIN distillation_run r ON r.id = u.run_id WHERE u.study_id = s.id
    ), s.slow_revision
    FROM annotation_study s WHERE s.id = %s
"""
_TOGETHER = f"""
    SELECT coalesce(sum(p.revision), 0), coalesce(sum(p.n_recounted), 0),
           coalesce(sum(p.n_judged) FILTER (WHERE {included_sql()}), 0),
           count(*) FILTER (WHERE p.n_judged > 0 AND {included_sql()}),
           coalesce(sum(p.n_audited) FILTER (WHERE {included_sql()}), 0),
           coalesce(sum(p.n_filter_right) FILTER (WHERE {included_sql()}), 0),
           coalesce(sum(p.n_seen) FILTER (WHERE {included_sql()}), 0),
           count(*) FILTER (WHERE NOT {included_sql()}),
           coalesce(sum(p.n_judged) FILTER (WHERE NOT {included_sql()}), 0)
    FROM annotation_participant p WHERE p.study_id = %s
"""  # noqa: S608 - a rule of our own


class Together(NamedTuple):
    """`revision` and `n_recounted` are of all; `judged` to `seen` of those who count, `annotators` having judged."""

    revision: int
    n_recounted: int
    judged: int
    annotators: int
    audits: int
    right: int
    seen: int
    excluded: int
    excluded_judgments: int


def together(study: Study) -> Together:
    with connection.cursor() as cursor:
        cursor.execute(_TOGETHER, [study.pk])
        return Together(*cursor.fetchone())


def revision_of(study_id: int) -> str:
    """Grows with every judgment and audit, tells strictnesses apart, and ends in what workers have made. A sum over
    participants misses no late commit, as the highest id would. Empty where there is no such study."""
    with connection.cursor() as cursor:
        cursor.execute(_REVISION, [study_id])
        found = cursor.fetchone()
    if found is None:
        return ""
    total, state, strictnesses, slow = found
    return f"{total}-{state}-{'/'.join(f'{each:g}' for each in strictnesses or ())}-{slow}"
