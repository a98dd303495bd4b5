"""Which judgments count: the same answer as SQL, for the ORM and of values in hand, for every kind, state and study."""

from itertools import product

import numpy as np
import pytest
from django.db import connection

from annotation.models import Judgment, Kind, Participant, Study
from common.counting import (
    EXCLUDED,
    ITEM,
    counting_sql,
    first_q,
    first_sql,
    included_q,
    included_sql,
    is_first,
    is_included,
    of_people_q,
    of_people_sql,
)
from tests.annotation.builders import judge, participant, study
from tests.distillation.builders import finished_run

States = Participant.State
FROM = """
    SELECT j.id FROM annotation_judgment j
    JOIN annotation_participant p ON p.id = j.participant_id JOIN annotation_study s ON s.id = p.study_id WHERE
"""
RULES = {
    "first": (first_sql, first_q(), lambda judgment: is_first(judgment.kind)),
    "included": (included_sql, included_q("participant__"), lambda judgment: is_included(judgment.participant.state)),
    "of people": (of_people_sql, of_people_q("participant__study__"), lambda one: not one.participant.study.simulated),
    "counting": (
        counting_sql, first_q() & included_q("participant__"),
        lambda judgment: judgment.kind == Kind.ITEM and judgment.participant.state != States.EXCLUDED,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def every_case(module_db: None) -> set[tuple[str, str, bool]]:
    """One judgment for each kind, state of its annotator and study of people or of a program."""
    run = finished_run(4)
    for simulated in (False, True):
        made = study(run=run, name=f"simulated {simulated}", items=len(Kind), overlap=len(States))
        for state in States:
            who = participant(made, f"{state}-{simulated}")
            for kind in Kind:
                Judgment.objects.filter(pk=judge(who).pk).update(kind=kind)
            Participant.objects.filter(pk=who.pk).update(state=state)
        Study.objects.filter(pk=made.pk).update(simulated=simulated)
    return set(product(Kind.values, States.values, (False, True)))


@pytest.mark.parametrize("rule", RULES)
def test_sql_orm_and_python_agree(every_case: set[tuple[str, str, bool]], rule: str) -> None:
    sql, q, in_hand = RULES[rule]
    judgments = Judgment.objects.select_related("participant__study")
    assert {(each.kind, each.participant.state, each.participant.study.simulated) for each in judgments} == every_case
    with connection.cursor() as cursor:
        cursor.execute(FROM + sql())
        by_sql = {pk for (pk,) in cursor}
    assert by_sql == set(judgments.filter(q).values_list("pk", flat=True)) == {j.pk for j in judgments if in_hand(j)}
    assert 0 < len(by_sql) < len(every_case)


def test_query_sets_have_the_rule_from_there(every_case: set[tuple[str, str, bool]]) -> None:
    """Of all kinds, 4 states and 2 studies: 1 · 3 · 2 count, 1 · 4 · 2 with who is excluded; 3 · 2 are included."""
    counting = Judgment.objects.counting()
    assert (counting.count(), Judgment.objects.counting(with_excluded=True).count()) == (6, 8)
    assert set(counting) == set(Judgment.objects.filter(RULES["counting"][1]))
    assert Participant.objects.included().count() == 6


def test_arrays_are_compared_by_element() -> None:
    assert is_first(np.array(["item", "gold", "repeat"])).tolist() == [True, False, False]
    assert is_included(np.array(["active", "excluded", "paused"])).tolist() == [True, False, True]


def test_the_rule_and_the_models_use_the_same_words() -> None:
    assert (Kind.ITEM.value, States.EXCLUDED.value) == (ITEM, EXCLUDED)
