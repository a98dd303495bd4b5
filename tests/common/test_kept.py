"""The rule of what is kept, as SQL, for the ORM and in Python: the same answer of each verdict."""

from itertools import product

import pytest
from django.db import connection
from django.db.models import F

from annotation.models import Item
from common.kept import is_kept, kept_q, kept_sql, rejected_q
from distillation.models import Run, Verdict
from tests.annotation.builders import study
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db
CASES = list(product([None, 0.0, 0.4999, 0.5, 0.5001, 1.0], [True, False]))


@pytest.mark.parametrize("strictness", [0.0, 0.5, 1.0])
def test_sql_orm_and_python_agree(strictness: float):
    run = finished_run(len(CASES))
    Run.objects.filter(pk=run.pk).update(strictness=strictness)
    verdicts = list(Verdict.objects.filter(intention__run=run).order_by("pk")[: len(CASES)])
    for verdict, (p_yes, yes) in zip(verdicts, CASES, strict=True):
        Verdict.objects.filter(pk=verdict.pk).update(p_yes=p_yes, yes=yes)
    of_run = Verdict.objects.filter(pk__in=[verdict.pk for verdict in verdicts])
    expected = {each.pk for each, case in zip(verdicts, CASES, strict=True) if is_kept(case[0], strictness, case[1])}
    with connection.cursor() as cursor:
        rule = kept_sql("v.p_yes", "%s", "v.yes")
        cursor.execute(f"SELECT intention_id FROM distillation_verdict v WHERE {rule}", [strictness])
        by_sql = {pk for (pk,) in cursor} & {verdict.pk for verdict in verdicts}
    by_orm = set(of_run.filter(kept_q(F("intention__run__strictness"))).values_list("pk", flat=True))
    rejected = set(of_run.filter(rejected_q(strictness)).values_list("pk", flat=True))
    assert (by_sql, by_orm) == (expected, expected)
    assert rejected == {verdict.pk for verdict in verdicts} - expected


def test_of_items_too_whose_plain_answer_may_be_missing() -> None:
    """An item without a verdict is neither kept nor rejected; as SQL the rule is null there."""
    cases = [*CASES, (None, None)]
    made = study(run=finished_run(len(cases)), items=len(cases), strata=[])
    for pk, (p_yes, yes) in zip(made.items.values_list("pk", flat=True), cases, strict=True):
        Item.objects.filter(pk=pk).update(p_yes=p_yes, filter_yes=yes)
    with connection.cursor() as cursor:
        rule = kept_sql("i.p_yes", "r.strictness", "i.filter_yes")
        cursor.execute(f"SELECT i.id, {rule} FROM annotation_item i JOIN distillation_run r ON r.id = i.run_id")
        by_sql = dict(cursor.fetchall())
    rules = {True: kept_q, False: rejected_q}
    by_orm = {
        pk: answer
        for answer, rule in rules.items()
        for pk in made.items.filter(rule(F("run__strictness"), yes="filter_yes")).values_list("pk", flat=True)
    }
    assert by_orm == {pk: kept for pk, kept in by_sql.items() if kept is not None}
    assert (len(by_sql), len(by_orm)) == (len(cases), len(CASES))
