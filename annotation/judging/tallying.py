"""Tallies on the items, rebuilt from the judgments. `writing` keeps them up to date with each judgment."""

from typing import Any

from django.db import connection, transaction

from annotation.models import Participant, Study
from common.counting import counting_sql, first_sql, seen_sql
from stats.packing import BITS

NOT_ASKED: list[int] = [0]  # of preferences no tally is kept


def unit_sql(question: str, judgment: str = "j") -> str:
    """What a judgment adds to its item's tally; the answers of each question are parameters."""
    return f"coalesce(1::bigint << {BITS} * (array_position(%({question})s, {judgment}.{question}) - 1), 0)"


def answers_of(study: Study) -> dict[str, list[int]]:
    """The parameters of `unit_sql`."""
    asked = {question.name: list(question.ascending) for question in study.questions}
    return {name: asked.get(name, NOT_ASKED) for name in ("plausibility", "typicality")}


# The tally of an item as it grew: each judgment that counts, with all before it.
_GROWN = """
    WITH counting AS (
        SELECT j.id, j.item_id, j.created_at, {plausibility} AS plausibility_unit, {typicality} AS typicality_unit
        FROM annotation_judgment j JOIN annotation_participant p ON p.id = j.participant_id
        WHERE p.study_id = %(study)s AND {counting} {among}
    )
"""
_JUDGMENTS = """
    , grown AS (
        SELECT j.id, sum(c.plausibility_unit) OVER (PARTITION BY c.item_id ORDER BY c.created_at, c.id)::bigint AS tally
        FROM annotation_judgment j LEFT JOIN counting c ON c.id = j.id
        WHERE j.participant_id IN (SELECT id FROM annotation_participant WHERE study_id = %(study)s) {among}
    )
    UPDATE annotation_judgment j SET tally = g.tally FROM grown g
    WHERE g.id = j.id AND g.tally IS DISTINCT FROM j.tally
"""
_ITEMS = """
    , tallied AS (
        SELECT i.id, coalesce(sum(c.plausibility_unit), 0)::bigint AS plausibility_tally,
               coalesce(sum(c.typicality_unit), 0)::bigint AS typicality_tally,
               count(c.id) AS n_judged, max(c.created_at) AS judged_at
        FROM annotation_item i LEFT JOIN counting c ON c.item_id = i.id
        WHERE i.study_id = %(study)s AND i.gold IS NULL {of_items} GROUP BY i.id
    )
    UPDATE annotation_item i
    SET plausibility_tally = t.plausibility_tally, typicality_tally = t.typicality_tally,
        taken = i.taken - i.n_judged + t.n_judged, n_judged = t.n_judged, judged_at = t.judged_at,
        came_back = i.came_back OR t.n_judged < i.n_judged
    FROM tallied t
    WHERE t.id = i.id
      AND (t.plausibility_tally, t.typicality_tally, t.n_judged, t.judged_at)
          IS DISTINCT FROM (i.plausibility_tally, i.typicality_tally, i.n_judged, i.judged_at)
"""
_PARTICIPANTS = """
    WITH counted AS (
        SELECT p.id, count(j.id) FILTER (WHERE {first}) AS n_judged,
               count(j.id) FILTER (WHERE {seen}) AS n_seen,
               count(j.filter_right) FILTER (WHERE {first}) AS n_audited,
               count(*) FILTER (WHERE {first} AND j.filter_right) AS n_filter_right,
               count(*) FILTER (WHERE {first} AND {differs} AND j.audit_asked) AS n_differed,
               count(*) FILTER (WHERE {first} AND NOT {differs} AND j.audit_asked) AS n_agreed,
               count(*) FILTER (WHERE {first} AND {differs} AND NOT j.audit_asked) AS n_differed_unshown,
               count(*) FILTER (WHERE {first} AND NOT {differs} AND NOT j.audit_asked) AS n_agreed_unshown
        FROM annotation_participant p LEFT JOIN annotation_judgment j ON j.participant_id = p.id
        LEFT JOIN annotation_item i ON i.id = j.item_id
        WHERE p.study_id = %(study)s {of_people} GROUP BY p.id
    )
    UPDATE annotation_participant p SET ({counts}) = ({counted})
    FROM counted c WHERE c.id = p.id AND ({counted}) IS DISTINCT FROM ({own})
"""
_COUNTS = ("n_judged", "n_seen", "n_audited", "n_filter_right", "n_differed", "n_agreed", "n_differed_unshown",
           "n_agreed_unshown")  # fmt: skip
_DIFFERS = "((j.plausibility >= %(yes_from)s) <> i.filter_yes)"


@transaction.atomic
def study_recompute(study: Study, *, tallies: bool = True) -> dict[str, int]:
    """Rebuild all counts from the judgments; how many rows of each kind differed. Judging waits meanwhile. Without
    `tallies` those that judgments hold are known to be right."""
    # Whoever judges takes the lock of their own row first, so nobody is between two counts now.
    list(study.participants.select_for_update().order_by("pk").values_list("pk"))
    differed = {
        "judgments": _run(_GROWN + _JUDGMENTS, study) if tallies else 0,
        "items": _run(_GROWN + _ITEMS, study),
        "participants": _run(_PARTICIPANTS, study),
    }
    if any(differed.values()) and (first := study.participants.order_by("pk").first()):
        Participant.objects.filter(pk=first.pk).counted_anew()
    return differed


def items_retally(study: Study, item_ids: list[int]) -> None:
    """Count these items anew after exclusions or revisions; the caller has locked their rows."""
    _run(_GROWN + _JUDGMENTS, study, item_ids)
    _run(_GROWN + _ITEMS, study, item_ids)


def participants_recount(study: Study, participant_ids: list[int]) -> None:
    """Count these annotators' judgments anew; the caller has locked their rows."""
    _run(_PARTICIPANTS, study, participant_ids=participant_ids)


def _run(sql: str, study: Study, item_ids: list[int] | None = None, participant_ids: list[int] | None = None) -> int:
    some = item_ids is not None
    sql = sql.format(
        plausibility=unit_sql("plausibility"),
        typicality=unit_sql("typicality"),
        counting=counting_sql(),
        first=first_sql(),
        seen=seen_sql(),
        among="AND j.item_id = ANY(%(items)s)" if some else "",
        of_items="AND i.id = ANY(%(items)s)" if some else "",
        differs=_DIFFERS,
        counts=", ".join(_COUNTS),
        counted=", ".join(f"c.{name}" for name in _COUNTS),
        own=", ".join(f"p.{name}" for name in _COUNTS),
        of_people="" if participant_ids is None else "AND p.id = ANY(%(participants)s)",
    )
    values: dict[str, Any] = {
        "study": study.pk,
        **answers_of(study),
        "yes_from": study.questions[0].positive_from,
        "items": item_ids,
        "participants": participant_ids,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount
