"""Nobody judges blind what they have seen the verdict of."""

import pytest
from django.test import Client

from accounts.models import User
from annotation.judging.allocation import Finished, item_next
from annotation.models import Judgment, Kind
from distillation.models import Exposure, Intention
from tests.annotation.builders import judge, participant, save, study
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


def test_an_intention_once_revealed_is_not_given_blind_in_another_study():
    run = finished_run()
    first, second = study(run=run, name="first", items=2), study(run=run, name="second", items=3)
    seen = {judge(participant(first)).item.intention_id for _ in range(2)}
    who, given = participant(second), set()
    while not isinstance(found := item_next(participant=who), Finished):
        given.add(found.item.intention_id)
        judge(who)
    assert given == set(second.items.values_list("intention", flat=True)) - seen


def test_an_intention_judged_without_the_reveal_is_given_again_elsewhere():
    run = finished_run()
    everything = Intention.objects.filter(run=run).count()
    first = study(run=run, name="first", items=everything, audit_share=0.0)
    save(item_next(participant=participant(first)))
    second = study(run=run, name="second", items=everything)
    for _ in range(everything):
        judge(participant(second))
    assert Judgment.objects.filter(item__study=second).count() == everything


def test_only_items_whose_verdict_was_held_back_are_repeated():
    made = study(run=finished_run(10), items=20, overlap=1, repeat_share=0.3, repeat_distance=1)
    who = participant(made)
    while not isinstance(lease := item_next(participant=who), Finished):
        judgment = save(lease)
        if judgment.audit_asked:
            Judgment.objects.filter(pk=judgment.pk).update(filter_right=True, audited_at=judgment.created_at)
    repeated = set(Judgment.objects.filter(kind=Kind.REPEAT).values_list("item", flat=True))
    revealed = set(Judgment.objects.filter(kind=Kind.ITEM, audit_asked=True).values_list("item", flat=True))
    assert repeated
    assert not repeated & revealed


def test_of_two_fifths_repeats_a_third_at_most_are_revealed():
    # 100 judgments, 40 repeats of 40 others: of the 60 others 20 may be revealed.
    made = study(repeat_share=0.4)
    assert made.audit_share == pytest.approx(20 / 60)


@pytest.mark.parametrize("path", ["/knowledge/", "/runs/r1/", "/studies/{study}/items/"])
def test_who_looks_at_verdicts_is_remembered(as_researcher: Client, researcher: User, path: str):
    made = study(run=finished_run())
    run = made.runs.get()
    page = as_researcher.get(path.format(study=made.pk).replace("/r1/", f"/{run.name}/"))
    assert page.status_code == 200
    assert Exposure.objects.get(user=researcher).run == run
