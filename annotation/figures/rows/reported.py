"""What the report tells beside the figures."""

import numpy as np
from django.db import connection
from django.db.models import Count

from annotation.figures.patterns import MOST_ALONE
from annotation.figures.rows.kinds import Reported
from annotation.models import Judgment, Skip, Study
from common.counting import first_q
from stats.estimate import Estimate
from stats.packing import unpack
from stats.rates import hajek_rate
from stats.survey.nonresponse import reweighted


def reported(study: Study) -> Reported:
    skips = (
        Skip.objects.sampled().filter(item__study=study).values_list("reason").annotate(n=Count("pk")).order_by("-n")
    )
    others = Judgment.objects.filter(participant__study=study).exclude(first_q())
    return Reported(
        clustered=_clustered(study),
        chances=study.items.sampled().values_list("inclusion_probability", flat=True).distinct().count(),
        skips=dict(skips),
        other_kinds=dict(others.values_list("kind").annotate(n=Count("pk"))),
    )


def _clustered(study: Study) -> dict[str, Estimate]:
    """Relations of a co-buy resemble each other; this interval holds whatever they do."""
    sql = """
        SELECT t.cobuy_id, i.stratum, i.inclusion_probability, i.p_yes, i.plausibility_tally, i.typicality_tally
        FROM annotation_item i JOIN distillation_intention t ON t.id = i.intention_id
        WHERE i.study_id = %s AND i.gold IS NULL ORDER BY i.id
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [study.pk])
        columns = np.array(cursor.fetchall(), dtype=object).reshape(-1, 6).T
    judged, stratum, rates = columns[4] > 0, columns[1].astype(str), {}
    p_yes = columns[3].astype(float) if study.n_items <= MOST_ALONE else None  # as for the rates beside them
    weights = reweighted(judged, 1 / columns[2].astype(float), stratum, p_yes).weights[judged]
    for question, packed in zip(study.questions, columns[4:, judged], strict=True):
        counts = unpack(packed.astype(np.int64), len(question.options))
        yes = counts @ question.says_yes
        n = counts.sum(axis=1)
        rates[question.name] = hajek_rate(
            yes / np.maximum(n, 1), 1 / weights, stratum[judged], n > 0, clusters=columns[0, judged]
        )
    return rates
