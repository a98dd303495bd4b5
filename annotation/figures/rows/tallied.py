"""Items with what the judgments on them say: as the items have it, or counted where single judgments are chosen."""

import operator
from functools import reduce

from django.db.models import BigIntegerField, Case, Count, F, Max, Q, QuerySet, Value, When

from annotation.models import Study
from annotation.scales import Question
from annotation.selection import ADJUDICATED, Selection
from common.counting import counting_sql, included_q

OF_ITEM = (
    "relation", "category", "run_id", "filter_yes", "p_yes", "stratum", "inclusion_probability", "overlap",
    "drawn_overlap",
)  # fmt: skip
LIVE = ("n_judged", "judged_at", "plausibility_tally", "typicality_tally")
# Counted by item first, and only then read with what is known of it.
_CHOSEN = """
    SELECT {of_item}, i.n_judged AS asked, j.n_judged, j.judged_at, j.plausibility_tally, j.typicality_tally
    FROM ({items}) i JOIN ({judgments}) j ON j.item_id = i.id
"""
# What the items have, and the judgments of the excluded: these are few.
_ADDED = """
    SELECT {of_item}, i.n_judged AS asked, i.n_judged + coalesce(j.n_judged, 0) AS n_judged,
           greatest(i.judged_at, j.judged_at) AS judged_at,
           i.plausibility_tally + coalesce(j.plausibility_tally, 0) AS plausibility_tally,
           i.typicality_tally + coalesce(j.typicality_tally, 0) AS typicality_tally
    FROM ({items}) i LEFT JOIN ({judgments}) j ON j.item_id = i.id
    WHERE i.n_judged + coalesce(j.n_judged, 0) > 0
"""
# Of the items that `fresh` judgments count of: as they are now, and as they were before these.
_SINCE = """
    WITH came AS (
        SELECT item_id, count(*) AS n, array_agg(id) AS ids, {units} FROM fresh GROUP BY item_id
    ), moved AS (
        SELECT i.*, c.n, c.ids, c.plausibility, c.typicality FROM came c JOIN ({items}) i ON i.id = c.item_id
    )
    SELECT 1 AS sign, {of_item}, asked, n_judged, judged_at, plausibility_tally, typicality_tally FROM moved
    UNION ALL
    SELECT -1, {of_item}, asked - n, n_judged - n, (
               SELECT max(j.created_at) FROM annotation_judgment j
               JOIN annotation_participant p ON p.id = j.participant_id
               WHERE j.item_id = moved.id AND j.id <> ALL (ids) AND {counting}
           ), plausibility_tally - plausibility, typicality_tally - typicality FROM moved
"""


def tallied(study: Study, selection: Selection) -> tuple[str, tuple]:
    """SQL for items with their tallies and what they are grouped by."""
    read, told = (*OF_ITEM, *LIVE), _told(selection)
    if not selection.chooses_judgments:
        return selection.items(study).values(*read, asked=F("n_judged"), **told).query.sql_with_params()
    adds = selection.only_adds_excluded
    chosen = ~included_q("participant__") if adds else Q()
    judgments, of_judgments = _by_item(study, selection, chosen).query.sql_with_params()
    items, of_items = selection.items(study).values("id", *read, **told).query.sql_with_params()
    return (_ADDED if adds else _CHOSEN).format(
        items=items, judgments=judgments, of_item=", ".join(f"i.{name}" for name in (*OF_ITEM, *told))
    ), (*of_items, *of_judgments)


def tallied_since(study: Study, selection: Selection) -> tuple[str, tuple]:
    """The same of the items that judgments in `fresh` moved, each twice; see `kept`. No single judgments are chosen."""
    read = ("id", *OF_ITEM, *LIVE)
    items, values = selection.items(study).values(*read, asked=F("n_judged")).query.sql_with_params()
    units = (
        f"sum(CASE {question.name} {units_sql(question)} ELSE 0 END)::bigint AS {question.name}"
        for question in study.questions
    )
    return _SINCE.format(
        items=items, units=", ".join(units), of_item=", ".join(OF_ITEM), counting=counting_sql()
    ), values


def units_sql(question: Question) -> str:
    """Of a CASE over answers, what each adds to its item's tally."""
    return " ".join(f"WHEN {value:d} THEN {question.unit(value):d}" for value in question.values)


def _by_item(study: Study, selection: Selection, chosen: Q) -> QuerySet:
    """Items with counts of judgments: of each answer by itself, as a sum of units is many times the work."""
    tallies = {
        f"{question.name}_tally": reduce(
            operator.add,
            (Count("pk", filter=Q(**{question.name: value})) * _big(question.unit(value)) for value in question.values),
        )
        for question in study.questions
    }
    judgments = selection.judgments(study).filter(chosen).order_by().values("item_id")
    return judgments.annotate(n_judged=Count("pk"), judged_at=Max("created_at"), **tallies)


def _big(number: int) -> Value:
    return Value(number, BigIntegerField())


def _told(selection: Selection) -> dict[str, Case]:
    """An adjudicator's answer where it is asked for: of somebody who had seen verdicts only where these count."""
    if selection.truth != ADJUDICATED:
        return {}
    counts = {"isnull": False} if selection.with_seen else {"had_seen": ""}
    of_it = {f"adjudication__{name}": value for name, value in counts.items()}
    return {"adjudicated": Case(When(**of_it, then=F("adjudication__plausibility")))}


def unit_of(question: Question) -> Case:
    """SQL for what a judgment adds to its item's tally."""
    units = (When(**{question.name: value}, then=_big(question.unit(value))) for value in question.values)
    return Case(*units, default=Value(0), output_field=BigIntegerField())
