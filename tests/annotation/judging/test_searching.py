"""The search with its cursors against the plain definition: the first in the study's order of all that can be had."""

import random
from contextlib import suppress

import pytest
from django.db import transaction

from accounts.models import User
from annotation.design import items as design_items
from annotation.design.extending import study_raise_overlap
from annotation.design.protocol import StudyRefused
from annotation.desk.assigning import items_assign, items_unassign
from annotation.desk.leaving_out import judgments_leave_out, judgments_offer_again
from annotation.judging.allocation import item_next, item_skip, owed_items, skip_undo
from annotation.judging.finding.free import owed_until
from annotation.judging.leases import lease_release
from annotation.judging.participants import participant_lock
from annotation.judging.quality.interventions import skips_offer_again
from annotation.judging.refusals import JudgingRefused
from annotation.models import Judgment, Lease, Participant, Skip, Study
from tests.annotation.builders import participant, save, study
from tests.distillation.builders import finished_run
from tests.people import person

pytestmark = pytest.mark.django_db
SELDOM = ["undo", "offer", "release", "out", "unseen", "raise", "assign", "unassign"]
LOST = {"left": {"picture": "failed"}, "right": {"picture": "shown"}}


@pytest.fixture(autouse=True)
def boss() -> User:
    return person("boss", User.Role.RESEARCHER)


def plainly_next(who: Participant) -> int | None:
    free = [item for item in owed_items(who).order_by("block_no", "taken", "order_key") if item.taken < item.overlap]
    return free[0].pk if free else None


def found_next(who: Participant) -> int | None:
    """What the search finds, taken back at once."""
    with transaction.atomic():
        found = item_next(participant=who)
        transaction.set_rollback(True)
    return found.item_id if isinstance(found, Lease) else None


def something_happens(made: Study, people: list[Participant], rng: random.Random) -> None:
    who = participant_lock(rng.choice(people))
    own = Judgment.objects.filter(participant__study=made).order_by("pk").values_list("pk", flat=True)
    some = rng.sample(list(own), min(2, len(own)))
    skips = list(Skip.objects.standing().order_by("pk").values_list("pk", flat=True))
    by = User.objects.get(role=User.Role.RESEARCHER)
    match rng.choice(["judge"] * 8 + ["take", "skip"] * 2 + SELDOM):
        case "judge":
            save(item_next(participant=who))
        case "take":
            item_next(participant=who)
        case "skip":
            item_skip(participant=who, item_id=item_next(participant=who).item_id, reason="cannot_tell")
        case "undo":
            skip_undo(participant=who)
        case "offer":
            skips_offer_again(study=made, skips=skips[:1])
        case "release":
            lease_release(participant=who)
        case "out":
            judgments_leave_out(study=made, judgments=some, by=by)
        case "unseen":
            Judgment.objects.filter(pk__in=some).update(look=LOST)
            judgments_offer_again(study=made, judgments=some)
        case "raise":
            study_raise_overlap(study=made, overlap=made.overlap + 1, by=by)
        case "assign":
            items_assign(study=made, person=who.annotator, n=3, by=by)
        case "unassign":
            items_unassign(study=made, by=by)


@pytest.mark.parametrize(("seed", "order"), [(1, "blocks"), (2, "breadth")])
def test_the_search_finds_what_comes_first(seed: int, order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(design_items, "BLOCK", 4)
    made, rng = study(run=finished_run(8), items=14, overlap=2, order=order, audit_share=0.0), random.Random(seed)
    people = [participant(made, f"ann-{i}") for i in range(3)]
    for _ in range(40):
        with suppress(JudgingRefused, StudyRefused, AttributeError), transaction.atomic():
            something_happens(made, people, rng)
        made.refresh_from_db()
        who = participant_lock(rng.choice(people))
        assert (owed_until(who) is not None) == owed_items(who).exists()
        if not Lease.objects.filter(participant=who).exists():
            assert found_next(who) == plainly_next(who)


def test_in_depth_whatever_can_be_had_is_found() -> None:
    made, rng = study(run=finished_run(8), items=10, overlap=2, order="depth", audit_share=0.0), random.Random(5)
    people = [participant(made, f"ann-{i}") for i in range(3)]
    for _ in range(40):
        with suppress(JudgingRefused, StudyRefused, AttributeError), transaction.atomic():
            something_happens(made, people, rng)
        who = participant_lock(rng.choice(people))
        if not Lease.objects.filter(participant=who).exists():
            assert (found_next(who) is None) == (plainly_next(who) is None)


def test_nobodys_search_passes_their_own_work_again() -> None:
    made = study(run=finished_run(8), items=10, overlap=2, order="breadth", audit_share=0.0)
    who = participant(made)
    for _ in range(9):
        save(item_next(participant=who))
    last = plainly_next(participant_lock(who))
    item_next(participant=who)
    cursor = participant_lock(who).cursor_key
    assert cursor == made.items.get(pk=last).order_key == 9


def test_an_item_given_back_is_found_behind_the_cursor() -> None:
    made = study(run=finished_run(8), items=6, overlap=1, order="breadth", audit_share=0.0)
    held = item_next(participant=participant(made, "early"))
    who = participant(made, "late")
    for _ in range(3):
        save(item_next(participant=who))
    lease_release(participant=held.participant)
    assert item_next(participant=who).item_id == held.item_id
