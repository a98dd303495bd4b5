from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from annotation.design.services import study_set_state
from annotation.judging.allocation import Finished, Waiting, item_next, item_skip
from annotation.judging.leases import release_expired
from annotation.judging.participants import participant_get, participant_lock
from annotation.judging.refusals import JudgingRefused
from annotation.judging.writing import audit_save
from annotation.models import Item, Judgment, Lease, Participant, Skip, Study
from tests.annotation.builders import judge, participant, save, study
from tests.annotation.judging.threads import at_once
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db
concurrent = pytest.mark.django_db(transaction=True)


def expire(lease: Lease, left: timedelta = -timedelta(hours=1)) -> None:
    Lease.objects.filter(pk=lease.pk).update(expires_at=timezone.now() + left)


def judge_until_finished(who: Participant) -> None:
    while not isinstance(found := item_next(participant=who), Finished):
        if isinstance(found, Lease):
            audit_save(participant=who, judgment_id=save(found).pk, filter_right=True)


@concurrent
def test_eight_annotators_at_once_fill_the_quota_exactly() -> None:
    made = study(run=finished_run(15), items=30, overlap=3)
    crowd = [participant(made, f"ann-{i}") for i in range(8)]
    at_once([lambda who=who: judge_until_finished(who) for who in crowd])
    assert Counter(Judgment.objects.values_list("item", flat=True)) == dict.fromkeys(
        made.items.values_list("pk", flat=True), 3
    )
    assert set(made.items.values_list("taken", "n_judged")) == {(3, 3)}
    assert len(set(Judgment.objects.values_list("item", "participant"))) == 90  # 30 x 3, no annotator twice
    assert not Lease.objects.exists()


@concurrent
def test_the_last_place_goes_to_one_of_many() -> None:
    made = study(items=1, overlap=1)
    crowd = [participant(made, f"ann-{i}") for i in range(6)]
    found = at_once([lambda who=who: item_next(participant=who) for who in crowd])
    assert sorted(type(each).__name__ for each in found) == ["Lease"] + ["Waiting"] * 5
    assert Item.objects.get().taken == 1


@concurrent
def test_two_tabs_at_once_get_the_same_item() -> None:
    who = participant(study(items=4))
    first, second = at_once([lambda: item_next(participant=who)] * 2)
    assert first.item_id == second.item_id
    assert sum(Item.objects.values_list("taken", flat=True)) == 1


@concurrent
def test_two_tabs_at_once_join_once() -> None:
    made = study()
    annotator = participant(study(name="other", run=made.runs.get())).annotator
    first, second = at_once([lambda: participant_get(study_id=made.pk, annotator=annotator)] * 2)
    assert first.pk == second.pk


def test_a_request_sees_nothing_that_only_another_one_has_read() -> None:
    made = study()
    annotator = participant(made).annotator
    first, second = (participant_get(study_id=made.pk, annotator=annotator) for _ in range(2))
    study_set_state(study=made, state=Study.State.PAUSED)
    participant_lock(first)
    assert (first.study.state, second.study.state) == (Study.State.PAUSED, Study.State.OPEN)


@concurrent
def test_a_double_click_is_one_judgment() -> None:
    lease, submission = item_next(participant=participant(study())), uuid4()
    first, second = at_once([lambda: save(lease, submission=submission)] * 2)
    assert first.pk == second.pk
    assert Item.objects.get(pk=lease.item_id).n_judged == 1


@concurrent
def test_two_tabs_that_rate_one_item_make_one_judgment() -> None:
    lease = item_next(participant=participant(study()))
    saved = at_once([lambda: save(lease, 1), lambda: save(lease, 0)])
    assert Counter(type(each) for each in saved) == {Judgment: 1, JudgingRefused: 1}


@concurrent
def test_sweeps_at_once_give_each_item_back_once() -> None:
    made = study(items=6, overlap=1)
    for i in range(6):
        expire(item_next(participant=participant(made, f"ann-{i}")))
    assert sum(at_once([lambda: release_expired(made)] * 4)) == 6
    assert set(Item.objects.values_list("taken", flat=True)) == {0}


def test_an_annotator_keeps_the_item_until_it_is_judged() -> None:
    who = participant(study())
    assert item_next(participant=who).item_id == item_next(participant=who).item_id


@pytest.mark.parametrize(
    "left", [-timedelta(hours=1), timedelta(days=1, minutes=30)]
)  # the other: the clock was set back
def test_an_expired_lease_goes_to_the_next_annotator(left: timedelta) -> None:
    made = study(items=1, overlap=1)
    lease = item_next(participant=participant(made, "late"))
    expire(lease, left)
    assert item_next(participant=participant(made, "next")).item_id == lease.item_id
    assert Lease.objects.get().participant.annotator.username == "next"


def test_a_late_submit_after_the_sweep_is_refused() -> None:
    made = study(items=1, overlap=1)
    lease = item_next(participant=participant(made))
    expire(lease)
    assert release_expired(made) == 1
    with pytest.raises(JudgingRefused, match="not yours any more"):
        save(lease)
    assert not Judgment.objects.exists()


def test_a_late_submit_before_the_sweep_counts() -> None:
    lease = item_next(participant=participant(study()))
    expire(lease)
    assert save(lease).item_id == lease.item_id


def test_an_item_without_a_lease_is_refused() -> None:
    who = participant(study())
    lease = item_next(participant=who)
    lease.item_id = Item.objects.exclude(pk=lease.item_id).first().pk
    with pytest.raises(JudgingRefused, match="not yours"):
        save(lease)


def test_the_same_submission_again_is_the_same_judgment() -> None:
    lease, submission = item_next(participant=participant(study())), uuid4()
    first = save(lease, 1, submission=submission)
    again = save(lease, 0, submission=submission)
    assert (first.pk, 1) == (again.pk, again.plausibility)


def test_another_annotators_submission_is_refused() -> None:
    made, submission = study(), uuid4()
    save(item_next(participant=participant(made, "one")), submission=submission)
    with pytest.raises(JudgingRefused, match="belongs to another item"):
        save(item_next(participant=participant(made, "two")), submission=submission)


def test_a_second_rating_of_an_item_is_refused() -> None:
    lease = item_next(participant=participant(study()))
    save(lease)
    with pytest.raises(JudgingRefused, match="your first ratings count"):
        save(lease)


@pytest.mark.parametrize(
    ("plausibility", "typicality", "asks"),
    [(None, 2, "plausible"), (2, 2, "plausible"), (-1, 2, "plausible"), (1, None, "typical"), (1, 4, "typical")],
)
def test_answers_off_the_scale_are_refused(plausibility: int, typicality: int, asks: str) -> None:
    lease = item_next(participant=participant(study()))
    with pytest.raises(JudgingRefused, match=f"Answer the question: .*{asks}"):
        save(lease, plausibility, typicality)
    assert Lease.objects.filter(pk=lease.pk).exists()


@pytest.mark.parametrize(("plausibility", "stored"), [(1, 2), (0, None)])
def test_typicality_is_kept_only_after_yes_where_the_study_says_so(plausibility: int, stored: int | None) -> None:
    lease = item_next(participant=participant(study(typicality_after_yes=True)))
    assert save(lease, plausibility, 2).typicality == stored


def test_an_audit_before_the_rating_is_refused() -> None:
    who = participant(study())
    item_next(participant=who)
    with pytest.raises(JudgingRefused, match="rate it first"):
        audit_save(participant=who, judgment_id=1, filter_right=True)


def test_another_annotators_judgment_cannot_be_audited() -> None:
    made = study()
    theirs = save(item_next(participant=participant(made, "one")))
    with pytest.raises(JudgingRefused, match="rate it first"):
        audit_save(participant=participant(made, "two"), judgment_id=theirs.pk, filter_right=True)


def test_the_next_item_comes_after_the_audit() -> None:
    who = participant(study())
    save(item_next(participant=who))
    with pytest.raises(JudgingRefused, match="Say first whether the filter was right"):
        item_next(participant=who)


def test_the_first_audit_counts() -> None:
    who = participant(study())
    judgment = judge(who, right=False)
    again = audit_save(participant=who, judgment_id=judgment.pk, filter_right=True)
    assert again.filter_right is False
    assert Participant.objects.get(pk=who.pk).revision == 2  # one judgment, one audit


def test_a_skipped_item_returns_to_the_others_only() -> None:
    made = study(items=2, overlap=1)
    who = participant(made)
    skipped = item_next(participant=who).item_id
    item_skip(participant=who, item_id=skipped, reason="picture")
    judge(who)
    assert isinstance(item_next(participant=who), Finished)
    assert item_next(participant=participant(made, "other")).item_id == skipped


def test_a_second_click_on_skip_skips_one_item() -> None:
    who = participant(study())
    item = item_next(participant=who).item_id
    for _ in range(2):
        item_skip(participant=who, item_id=item, reason="offensive")
    assert list(Skip.objects.values_list("item", "reason")) == [(item, "offensive")]
    assert sum(Item.objects.values_list("taken", flat=True)) == 0


def test_a_skip_has_a_known_reason() -> None:
    who = participant(study())
    with pytest.raises(JudgingRefused, match="'boring' is no reason"):
        item_skip(participant=who, item_id=item_next(participant=who).item_id, reason="boring")


@pytest.mark.parametrize("state", [Study.State.PAUSED, Study.State.CLOSED])
def test_a_study_that_is_not_open_takes_nothing(state: str) -> None:
    made = study()
    who = participant(made)
    lease = item_next(participant=who)
    study_set_state(study=made, state=state)
    Lease.objects.update(expires_at=timezone.now())  # what is open at the close may still be saved while it is theirs
    for refused in (
        lambda: item_next(participant=who),
        lambda: save(lease),
        lambda: item_skip(participant=who, item_id=lease.item_id, reason="picture"),
    ):
        with pytest.raises(JudgingRefused, match=f"The study S is {state}"):
            refused()


def test_what_is_revealed_may_be_audited_in_a_pause_but_not_after_the_close() -> None:
    made = study()
    first, second = (save(item_next(participant=participant(made, name))) for name in ("one", "two"))
    study_set_state(study=made, state=Study.State.PAUSED)
    audit_save(participant=first.participant, judgment_id=first.pk, filter_right=True)
    study_set_state(study=made, state=Study.State.CLOSED)
    Judgment.objects.update(created_at=timezone.now() - timedelta(minutes=31))  # longer ago than a lease lasts
    with pytest.raises(JudgingRefused, match="The study S is closed"):
        audit_save(participant=second.participant, judgment_id=second.pk, filter_right=True)


def test_waiting_is_not_finished() -> None:
    made = study(items=1, overlap=1)
    first, second = participant(made, "one"), participant(made, "two")
    lease = item_next(participant=first)
    waiting = item_next(participant=second)
    assert isinstance(waiting, Waiting)
    assert waiting.look_again == lease.expires_at
    save(lease)
    assert isinstance(item_next(participant=second), Finished)


def test_the_least_judged_items_come_first() -> None:
    made = study(items=4, overlap=3)
    for i in range(4):
        judge(participant(made, f"ann-{i}"))
    assert set(made.items.values_list("n_judged", flat=True)) == {1}


def test_the_side_is_drawn_anew_and_recorded() -> None:
    made = study(run=finished_run(20), items=40, overlap=1)
    who = participant(made)
    sides = []
    while isinstance(lease := item_next(participant=who), Lease):
        judgment = save(lease)
        assert judgment.a_on_left == lease.a_on_left
        audit_save(participant=who, judgment_id=judgment.pk, filter_right=True)
        sides.append(lease.a_on_left)
    assert set(sides) == {True, False}  # all the same in 2 of 2^40 runs


def test_a_reload_keeps_the_side() -> None:
    who = participant(study())
    assert len({item_next(participant=who).a_on_left for _ in range(10)}) == 1
