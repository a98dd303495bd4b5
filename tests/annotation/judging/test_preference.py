"""Judging pairs: sides are drawn and kept, repeats are mirrored, the quota holds."""

from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from annotation.judging.allocation import Finished, item_next, item_skip
from annotation.judging.quality.measures import annotators_quality
from annotation.judging.quality.qualification import gold_is_right
from annotation.judging.refusals import JudgingRefused
from annotation.judging.tallying import study_recompute
from annotation.judging.writing import judgment_revise, judgment_save
from annotation.models import Judgment, Kind, Lease
from annotation.scales import Preference
from tests.annotation.builders import different_runs, judge, participant, prefer, preference_study
from tests.annotation.builders import study as rating_study

pytestmark = pytest.mark.django_db


def test_an_answer_is_saved_with_its_sides():
    who = participant(preference_study())
    lease = item_next(participant=who)
    saved = judgment_save(participant=who, item_id=lease.item_id, submission=uuid4(), preference=Preference.RIGHT)
    kept = Judgment.objects.get(pk=saved.pk)
    assert (kept.preference, kept.first_left, kept.plausibility) == (Preference.RIGHT, lease.first_left, None)
    assert not kept.audit_asked


def test_of_first_is_the_side_where_the_first_stood():
    assert Judgment(preference=Preference.LEFT, first_left=True).of_first == Preference.LEFT
    assert Judgment(preference=Preference.LEFT, first_left=False).of_first == Preference.RIGHT
    assert Judgment(preference=Preference.BOTH_BAD, first_left=False).of_first == Preference.BOTH_BAD


def test_sides_are_drawn_anew():
    # 24 draws that are all alike: once in 2^23.
    who = participant(preference_study(runs=different_runs(2, 12), items=24, overlap=1))
    assert {prefer(who).first_left for _ in range(24)} == {True, False}


@pytest.mark.parametrize("answer", [None, 0, 6])
def test_no_answer_is_refused(answer):
    who = participant(preference_study())
    lease = item_next(participant=who)
    with pytest.raises(JudgingRefused, match="Which is the better reason"):
        judgment_save(participant=who, item_id=lease.item_id, submission=uuid4(), preference=answer, plausibility=1)
    assert not Judgment.objects.exists()


def test_the_quota_and_the_end():
    study = preference_study(items=2, overlap=1)
    one, other = participant(study, "ann-1"), participant(study, "ann-2")
    prefer(one)
    prefer(other)
    assert isinstance(item_next(participant=one), Finished)
    assert set(study.items.values_list("n_judged", flat=True)) == {1}


def test_a_repeat_is_mirrored():
    study = preference_study(items=4, overlap=1, repeat_share=0.5, repeat_distance=1)
    who = participant(study)
    while isinstance(item_next(participant=who), Lease):
        prefer(who)
    first = dict(Judgment.objects.filter(kind=Kind.ITEM).values_list("item", "first_left"))
    repeats = dict(Judgment.objects.filter(kind=Kind.REPEAT).values_list("item", "first_left"))
    assert all(first[item] != first_left for item, first_left in repeats.items())


def test_who_prefers_a_side_is_not_consistent():
    study = preference_study(items=2, overlap=1)
    who = participant(study)
    first = prefer(who)
    Judgment.objects.create(
        item=first.item, participant=who, kind=Kind.REPEAT, submission=uuid4(), preference=Preference.LEFT,
        a_on_left=True, first_left=not first.first_left, seconds=9, audit_asked=False,
    )  # fmt: skip
    assert annotators_quality(study)[who.pk].repeats.value == 0


def test_agreement_is_on_the_intention_and_not_on_the_side():
    study = preference_study(items=1, overlap=2)
    one, other = participant(study, "ann-1"), participant(study, "ann-2")
    first = prefer(one)
    lease = item_next(participant=other)
    same = Preference.LEFT if lease.first_left == first.first_left else Preference.RIGHT
    judgment_save(participant=other, item_id=lease.item_id, submission=uuid4(), preference=same)
    assert annotators_quality(study)[one.pk].agreement.value == 1


def test_gold_is_right_on_either_side():
    runs = different_runs(2)
    a, b = (run.intentions.order_by("pk")[0].pk for run in runs)
    gold = ["intention_id,other_id,better", f"{a},{b},{b}"]
    study = preference_study(runs=runs, gold=gold, qualification_items=1, qualification_pass=1)
    who = participant(study)
    lease = item_next(participant=who)
    b_is = Preference.RIGHT if lease.first_left else Preference.LEFT
    saved = judgment_save(participant=who, item_id=lease.item_id, submission=uuid4(), preference=b_is)
    assert saved.kind == Kind.GOLD
    assert gold_is_right(saved, study)
    assert item_next(participant=who).kind == Kind.ITEM


def test_a_skip_gives_the_pair_to_others():
    study = preference_study(items=1, overlap=1)
    one, other = participant(study, "ann-1"), participant(study, "ann-2")
    item_skip(participant=one, item_id=item_next(participant=one).item_id, reason="offensive")
    assert isinstance(item_next(participant=one), Finished)
    assert prefer(other).item_id == study.items.get().pk


def test_a_revision_counts_and_the_first_answer_is_kept():
    who = participant(preference_study())
    saved = prefer(who, Preference.LEFT)
    change = judgment_revise(participant=who, judgment_id=saved.pk, submission=uuid4(), preference=Preference.BOTH_GOOD)
    assert change.before == {"preference": Preference.LEFT}
    assert Judgment.objects.get().preference == Preference.BOTH_GOOD


def test_counts_rebuilt_from_judgments_are_the_same():
    study = preference_study()
    prefer(participant(study))
    assert study_recompute(study) == {"judgments": 0, "items": 0, "participants": 0}


def test_an_intention_whose_verdict_was_seen_elsewhere_is_not_compared():
    runs = different_runs(2, 1)
    judge(participant(rating_study(run=runs[1], items=1, overlap=1)))
    who = participant(preference_study(runs=runs, items=2, overlap=1))
    prefer(who)
    assert isinstance(item_next(participant=who), Finished)


def test_a_judgment_is_a_rating_or_a_preference():
    who = participant(preference_study())
    saved = prefer(who)
    with pytest.raises(IntegrityError, match="judgment_of_one_kind"):
        Judgment.objects.filter(pk=saved.pk).update(plausibility=1)


def test_the_page_shows_both_texts_and_no_run():
    study = preference_study()
    who = participant(study)
    client = Client()
    client.force_login(who.annotator)
    page = client.get(reverse("judge-page", args=[study.pk]), {"start": ""}).content.decode()
    item = Lease.objects.get().item
    left, right = (item.first_shown, item.second_shown)[:: 1 if Lease.objects.get().first_left else -1]
    assert 0 < page.index(left) < page.index(right)
    assert "run-a" not in page
    assert page.count('name="preference"') == 5


def test_saved_from_the_page():
    study = preference_study()
    who = participant(study)
    client = Client()
    client.force_login(who.annotator)
    client.get(reverse("judge-page", args=[study.pk]), {"start": ""})
    sent = {
        "item": Lease.objects.get().item_id,
        "submission": str(uuid4()),
        "version": 1,
        "preference": "5",
        "comment": "Hm.",
    }
    assert client.post(reverse("judge-save", args=[study.pk]), sent).status_code == 302
    assert Judgment.objects.values_list("preference", "comment").get() == (Preference.CANNOT_TELL, "Hm.")


def test_own_pairs_are_shown_and_revised():
    study = preference_study()
    who = participant(study)
    saved = prefer(who)
    client = Client()
    client.force_login(who.annotator)
    own = reverse("judge-own-item", args=[study.pk, saved.pk])
    assert saved.item.second_shown in client.get(own).content.decode()
    assert client.get(reverse("judge-own", args=[study.pk])).status_code == 200
    client.post(own, {"submission": str(uuid4()), "preference": "4", "comment": ""})
    assert Judgment.objects.get().preference == Preference.BOTH_BAD
