"""The tallies on the items are those of the judgments, whatever happens to these."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from annotation.judging.allocation import item_next
from annotation.judging.quality.interventions import participant_exclude
from annotation.judging.tallying import study_recompute
from annotation.judging.writing import audit_save, judgment_revise
from annotation.models import Item, Judgment, Lease, Participant, Study
from distillation.models import Run, Verdict
from stats.packing import unit, unpack
from tests.annotation.builders import judge, participant, save, study
from tests.distillation.builders import finished_run

NOTHING = {"judgments": 0, "items": 0, "participants": 0}


def test_packed_counts_come_out_as_they_went_in() -> None:
    packed = 2 * unit(0) + 100 * unit(3) + 7 * unit(8)
    assert unpack([packed, 0], 9).tolist() == [[2, 0, 0, 100, 0, 0, 0, 0, 7], [0] * 9]


@pytest.fixture
def one(db: None) -> Study:
    return study(items=1, overlap=3)


def test_a_judgment_moves_the_item_s_tallies(one: Study) -> None:
    judge(participant(one, "ann-1"), 1, 3)
    second = judge(participant(one, "ann-2"), 0, 1)
    item = Item.objects.get()
    assert unpack([item.plausibility_tally], 2).tolist() == [[1, 1]]
    assert unpack([item.typicality_tally], 4).tolist() == [[0, 1, 0, 1]]
    assert item.judged_at == second.created_at


def test_each_judgment_keeps_the_tally_as_it_was_then(one: Study) -> None:
    for i, plausible in enumerate((1, 0, 1)):
        judge(participant(one, f"ann-{i}"), plausible)
    grown = unpack(list(Judgment.objects.order_by("pk").values_list("tally", flat=True)), 2)
    assert grown.tolist() == [[0, 1], [1, 1], [1, 2]]


def test_typicality_that_was_not_asked_is_not_tallied(db: None) -> None:
    made = study(items=1, overlap=1, typicality_after_yes=True)
    judge(participant(made), 0, None)
    assert Item.objects.get().typicality_tally == 0


def test_a_revision_before_the_reveal_moves_the_tallies(db: None) -> None:
    made = study(items=1, overlap=2, audit_share=0)
    who = participant(made)
    judgment = save(item_next(participant=who), 1, 3)
    judgment_revise(participant=who, judgment_id=judgment.pk, submission=uuid4(), plausibility=0, typicality=0)
    assert (Item.objects.get().plausibility_tally, Item.objects.get().typicality_tally) == (unit(0), unit(0))
    assert study_recompute(made) == NOTHING


def test_a_revision_after_the_reveal_does_not(one: Study) -> None:
    who = participant(one)
    judgment = judge(who, 1, 3)
    judgment_revise(participant=who, judgment_id=judgment.pk, submission=uuid4(), plausibility=0, typicality=0)
    assert Item.objects.get().plausibility_tally == unit(1)


def test_an_excluded_annotator_leaves_the_tallies(one: Study, researcher: User) -> None:
    out, stays = participant(one, "ann-1"), participant(one, "ann-2")
    judge(out, 0), judge(stays, 1)
    participant_exclude(participant=out, reason="a test", by=researcher)
    item = Item.objects.get()
    assert (item.plausibility_tally, item.n_judged, item.taken) == (unit(1), 1, 1)
    assert list(Judgment.objects.order_by("pk").values_list("tally", flat=True)) == [None, unit(1)]
    assert study_recompute(one) == NOTHING


def test_excluding_gives_back_the_item_in_hand_too(one: Study, researcher: User) -> None:
    out = participant(one)
    item_next(participant=out)
    participant_exclude(participant=out, reason="a test", by=researcher)
    assert (Item.objects.get().taken, Lease.objects.count()) == (0, 0)


def test_audits_are_counted_on_the_participant(one: Study) -> None:
    who = participant(one)
    judgment = judge(who, right=False)
    audit_save(participant=who, judgment_id=judgment.pk, filter_right=True)  # the first answer counts
    who.refresh_from_db()
    assert (who.n_audited, who.n_filter_right) == (1, 0)


SIDES = ("n_differed", "n_agreed", "n_differed_unshown", "n_agreed_unshown")


@pytest.mark.parametrize(("audit_share", "sides"), [(1, (1, 1, 0, 0)), (0, (0, 0, 1, 1))])
def test_ratings_are_counted_by_the_side_of_the_verdict(db: None, audit_share: float, sides: tuple) -> None:
    made = study(items=2, overlap=1, audit_share=audit_share)
    who = participant(made)
    for differs in (True, False):
        lease = item_next(participant=who)
        judgment = save(lease, int(lease.item.filter_yes != differs))
        if audit_share:
            audit_save(participant=who, judgment_id=judgment.pk, filter_right=True)
    assert made.participants.values_list(*SIDES).get() == sides
    assert study_recompute(made) == NOTHING


def test_a_revision_before_the_reveal_changes_sides(db: None) -> None:
    made = study(items=1, overlap=1, audit_share=0)
    who = participant(made)
    lease = item_next(participant=who)
    verdict = int(lease.item.filter_yes)
    judgment = save(lease, verdict)
    for said, sides in ((1 - verdict, (0, 0, 1, 0)), (1 - verdict, (0, 0, 1, 0)), (verdict, (0, 0, 0, 1))):
        judgment_revise(participant=who, judgment_id=judgment.pk, submission=uuid4(), plausibility=said, typicality=1)
        assert made.participants.values_list(*SIDES).get() == sides
    assert study_recompute(made) == NOTHING


def test_recompute_mends_and_says_so(one: Study, capsys: pytest.CaptureFixture) -> None:
    judge(participant(one), 1, 2)
    Item.objects.update(plausibility_tally=unit(0), judged_at=None)
    Participant.objects.update(n_audited=9)
    call_command("recompute", "S")
    assert "S: differed and mended: 1 items, 1 participants" in capsys.readouterr().out
    assert Item.objects.get().plausibility_tally == unit(1)
    call_command("recompute", "S")
    assert "S: nothing differed" in capsys.readouterr().out


def test_recompute_refuses_an_unknown_study(db: None) -> None:
    with pytest.raises(CommandError, match="There is no study named nowhere"):
        call_command("recompute", "nowhere")


def test_an_intention_without_verdict_is_judged_and_not_audited(db: None) -> None:
    run = finished_run(1)
    Verdict.objects.all().delete()
    Run.objects.update(backend="imported")
    made = study(run=run, items=2, overlap=1, strata=["verdict"])
    judgment = save(item_next(participant=participant(made)))
    assert (judgment.audit_asked, judgment.item.stratum, judgment.item.filter_yes) == (False, "no verdict", None)


@pytest.mark.django_db(transaction=True)
def test_tallies_stay_exact_when_many_judge_at_once() -> None:
    made = study(run=finished_run(10), items=20, overlap=4)
    people = [participant(made, f"ann-{i}") for i in range(6)]

    def work(who: Participant) -> None:
        while isinstance(lease := item_next(participant=who), Lease):
            judgment = save(lease, lease.item_id % 2, who.pk % 4)
            audit_save(participant=who, judgment_id=judgment.pk, filter_right=True)
        connection.close()

    with ThreadPoolExecutor(len(people)) as pool:
        list(pool.map(work, people))
    tallied = unpack(list(Item.objects.values_list("plausibility_tally", flat=True)), 2)
    assert tallied.sum() == Judgment.objects.count() > 0
    assert study_recompute(made) == NOTHING
