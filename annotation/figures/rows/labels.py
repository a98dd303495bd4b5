"""Who said what of which item: audits by item, labels by annotator, and single votes."""

import numpy as np
from django.db import connection
from django.db.models import Case, IntegerField, QuerySet, When
from numpy.typing import NDArray

from annotation.figures.patterns import complete_in, kept_at
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.kinds import Ballots, ItemAudits, Labels, SingleVotes
from annotation.figures.rows.singles import one_in, some_judgments, some_votes
from annotation.models import Judgment
from annotation.scales import Question

_AUDITS = """
    SELECT i.stratum, i.inclusion_probability, j.audits, j.rights, count(*)
    FROM (SELECT item_id, count(*) AS audits, count(*) FILTER (WHERE filter_right) AS rights
          FROM ({judgments}) each GROUP BY item_id) j JOIN annotation_item i ON i.id = j.item_id
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
_LABELS = """
    SELECT p.pseudonym, t.stratum, t.inclusion_probability, t.judged, count(*), sum(t.yes)
    FROM (SELECT j.participant_id, j.yes, i.stratum, i.inclusion_probability,
                 count(*) OVER (PARTITION BY j.item_id) AS judged
          FROM ({judgments}) j JOIN annotation_item i ON i.id = j.item_id) t
    JOIN annotation_participant p ON p.id = t.participant_id
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
_BALLOTS = """
    SELECT p.pseudonym, t.stratum, t.inclusion_probability, {complete} AND t.filter_yes IS NOT NULL,
           coalesce({kept}, false), t.own, t.yes, t.judged, count(*)
    FROM (SELECT j.participant_id, j.yes AS own, i.stratum, i.inclusion_probability, i.filter_yes, i.p_yes, i.run_id,
                 i.n_judged AS asked, i.overlap, i.drawn_overlap, sum(j.yes) OVER of_item AS yes,
                 count(*) OVER of_item AS judged
          FROM ({judgments}) j JOIN annotation_item i ON i.id = j.item_id WINDOW of_item AS (PARTITION BY j.item_id)) t
    JOIN annotation_participant p ON p.id = t.participant_id
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
"""
_VOTES = """
    SELECT j.item_id, p.pseudonym, j.yes, {kept}, t.stratum, t.inclusion_probability
    FROM ({judgments}) j JOIN annotation_item t ON t.id = j.item_id
    JOIN annotation_participant p ON p.id = j.participant_id
    WHERE t.filter_yes IS NOT NULL ORDER BY 1, 2
"""


def item_audits(asked: Asked) -> ItemAudits:
    judgments = asked.selection.judgments(asked.study).order_by().filter(filter_right__isnull=False)
    inner, values = judgments.values("item_id", "filter_right").query.sql_with_params()
    stratum, inclusion, audits, right, items = _columns(_AUDITS.format(judgments=inner), values, 5)
    return ItemAudits(
        stratum.astype(str), inclusion.astype(float), *(each.astype(int) for each in (audits, right, items))
    )


def labels(asked: Asked, question: Question) -> Labels:
    inner, values = _said(some_judgments(asked, 1), question)
    who, stratum, inclusion, judged, n, yes = _columns(_LABELS.format(judgments=inner), values, 6)
    counted = (each.astype(int) for each in (judged, n, yes))
    return Labels(who.astype(str), stratum.astype(str), inclusion.astype(float), *counted)


def ballots(asked: Asked) -> Ballots:
    study = asked.study
    inner, values = _said(some_judgments(asked, 1), study.questions[0])
    sql = _BALLOTS.format(judgments=inner, kept=kept_at(study), complete=complete_in(study))
    who, stratum, inclusion, complete, kept, own, *counted = _columns(sql, values, 9)
    of_item = (stratum.astype(str), inclusion.astype(float), complete.astype(bool), kept.astype(bool))
    return Ballots(who.astype(str), *of_item, own.astype(bool), *(each.astype(int) for each in counted))


def single_votes(asked: Asked) -> SingleVotes:
    part = one_in(asked)
    inner, values = _said(some_votes(asked, part), asked.study.questions[0])
    item, who, yes, kept, stratum, inclusion = _columns(
        _VOTES.format(judgments=inner, kept=kept_at(asked.study)), values, 6
    )
    _, first, code = np.unique(item.astype(int), return_index=True, return_inverse=True)
    return SingleVotes(
        item=code,
        who=who.astype(str),
        yes=yes.astype(bool),
        kept=kept[first].astype(bool),
        stratum=stratum[first].astype(str),
        inclusion=inclusion[first].astype(float),
        part=part,
    )


def _said(judgments: QuerySet[Judgment], question: Question) -> tuple[str, tuple]:
    """SQL for item, participant and whether they said yes, of those that answer."""
    says = Case(
        When(**{f"{question.name}__gte": question.positive_from}, then=1), default=0, output_field=IntegerField()
    )
    answering = judgments.exclude(**{question.name: None}).annotate(yes=says)
    return answering.values("item_id", "participant_id", "yes").query.sql_with_params()


def _columns(sql: str, values: tuple, n: int) -> NDArray[np.object_]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return np.array(cursor.fetchall(), dtype=object).reshape(-1, n).T
