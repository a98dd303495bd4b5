"""Rights over time: whoever has lost theirs gets no step further, on the pages and in the API."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services import person_deactivate, user_create
from annotation.judging.allocation import item_next, item_skip
from annotation.judging.leases import item_ticket, lease_release
from annotation.judging.participants import participant_get
from annotation.judging.writing import audit_save, judgment_revise
from annotation.models import Judgment, JudgmentRevision, Lease, Participant, Study
from tests.annotation.builders import judge, save, study
from tests.api.builders import program, send

pytestmark = pytest.mark.django_db

RATED, REVISED = {"plausibility": 1, "typicality": 2}, {"plausibility": 0, "typicality": 0}


@pytest.fixture(scope="module")
def made(module_db: None) -> Study:
    group = Group.objects.create(name="team")
    anna = user_create(username="anna-of-team", password="correct-horse", role=User.Role.ANNOTATOR, groups=[group])
    made = study(items=3, overlap=1, groups=[group])
    judge(participant_get(study_id=made.pk, annotator=anna))
    return made


@pytest.fixture
def anna(made: Study) -> User:
    return User.objects.get(username="anna-of-team")


def leaves_the_group(anna: User, made: Study) -> None:
    anna.groups.clear()


def is_deactivated(anna: User, made: Study) -> None:
    person_deactivate(person=anna, by=user_create(username="r", password=None, role=User.Role.RESEARCHER))


def is_regrouped(anna: User, made: Study) -> None:
    made.groups.set([Group.objects.create(name="others")])


def is_promoted(anna: User, made: Study) -> None:
    anna.role = User.Role.RESEARCHER
    anna.save()


def nothing(anna: User, made: Study) -> None:
    """Without a change each step is taken, else the matrix would say nothing."""


def page(client: Client, name: str, *parts: int, **form) -> HttpResponse:
    address = reverse(f"judge-{name}", args=parts)
    return client.post(address, form) if form else client.get(address)


def new() -> dict[str, str]:
    return {"submission": str(uuid4())}


def first(who: Participant) -> int:
    return who.judgments.earliest("pk").pk


def held(who: Participant) -> int:
    return item_next(participant=who).item_id


def owed(who: Participant) -> int:
    return save(item_next(participant=who)).pk


def skipped(who: Participant) -> int:
    item = held(who)
    item_skip(participant=who, item_id=item, reason="offensive")
    return item


def given_back(who: Participant) -> int:
    item = held(who)
    lease_release(participant=who)
    return item


def ticket(study: int, item: int) -> str:
    return item_ticket(Participant.objects.get(study=study), item)


# What a step needs is had while the right is there; the step is taken after the change.
Step = tuple[Callable[[Participant], int], Callable[[Client, int, int], HttpResponse]]
PAGES: dict[str, Step] = {
    "take": (first, lambda client, study, _: page(client, "page", study)),
    "save": (held, lambda client, study, item: page(client, "save", study, item=item, version=1, **new(), **RATED)),
    "skip": (held, lambda client, study, item: page(client, "skip", study, item=item, reason="offensive")),
    "unskip": (skipped, lambda client, study, _: page(client, "unskip", study, last="1")),
    "take anew": (given_back, lambda client, study, item: page(client, "take", study, ticket=ticket(study, item))),
    "pause": (first, lambda client, study, _: page(client, "pause", study)),
    "stay": (held, lambda client, study, item: page(client, "present", study, item=item)),
    "reveal": (owed, lambda client, study, pk: page(client, "audit", study, judgment=pk, answer="right")),
    "revise": (first, lambda client, study, pk: page(client, "own-item", study, pk, **new(), **REVISED)),
    "own items": (first, lambda client, study, _: page(client, "own", study)),
    "own item": (first, lambda client, study, pk: page(client, "own-item", study, pk)),
    "about oneself": (first, lambda client, study, _: page(client, "about", study, x="y")),
    "confirm": (first, lambda client, study, _: page(client, "confirm", study, version=1)),
    "ahead": (first, lambda client, study, _: page(client, "ahead", study)),
}
ROUTES: dict[str, Step] = {
    "take": (first, lambda client, study, _: send(client, f"studies/{study}/next")),
    "save": (
        held,
        lambda client, study, item: send(client, f"studies/{study}/judgments", item=item, version=1, **new(), **RATED),
    ),
    "skip": (held, lambda client, study, item: send(client, f"studies/{study}/skip", item=item, reason="offensive")),
    "unskip": (skipped, lambda client, study, _: send(client, f"studies/{study}/skip", method="delete")),
    "confirm": (first, lambda client, study, _: send(client, f"studies/{study}/confirm", version=1, demographics={})),
    "reveal": (owed, lambda client, _, pk: send(client, f"judgments/{pk}/audit", filter_right=True)),
    "revise": (first, lambda client, _, pk: send(client, f"judgments/{pk}/revisions", **new(), **REVISED)),
    "own items": (first, lambda client, study, _: client.get(f"/api/v1/studies/{study}/judgments")),
    "own item": (first, lambda client, _, pk: client.get(f"/api/v1/judgments/{pk}")),
}
CHANGES = [leaves_the_group, is_deactivated, is_regrouped, is_promoted]
DOORS = [("page", name) for name in PAGES] + [("API", name) for name in ROUTES]


def client_of(door: str, anna: User) -> Client:
    if door == "API":
        return program(anna)
    client = Client()
    client.force_login(anna)
    return client


def written(made: Study) -> tuple:
    audits = Judgment.objects.filter(filter_right__isnull=False).count()
    return Judgment.objects.count(), audits, JudgmentRevision.objects.count(), made.items.filter(skips=None).count()


def answer(door: str, name: str, change: Callable[[User, Study], None], anna: User, made: Study) -> tuple[int, bool]:
    """The status, and whether anything was written."""
    who, client = participant_get(study_id=made.pk, annotator=anna), client_of(door, anna)
    needs, step = (PAGES if door == "page" else ROUTES)[name]
    needed = needs(who)
    change(anna, made)
    before = written(made)
    answered = step(client, made.pk, needed)
    to_sign_in = answered.status_code == 302 and "/login/" in answered["Location"]
    return 401 if to_sign_in else answered.status_code, written(made) != before


@pytest.mark.parametrize(("door", "name"), DOORS)
@pytest.mark.parametrize("change", CHANGES)
def test_nobody_gets_through_after_it(
    door: str, name: str, change: Callable[[User, Study], None], anna: User, made: Study
) -> None:
    assert answer(door, name, change, anna, made) in ((401, False), (404, False))


@pytest.mark.parametrize(("door", "name"), DOORS)
def test_every_step_is_open_before(door: str, name: str, anna: User, made: Study) -> None:
    status, wrote = answer(door, name, nothing, anna, made)
    assert status < 400
    assert wrote == (name in ("save", "skip", "unskip", "reveal", "revise"))


@pytest.mark.parametrize("change", CHANGES)
def test_their_item_is_free_at_once(change: Callable[[User, Study], None], anna: User, made: Study) -> None:
    mine = participant_get(study_id=made.pk, annotator=anna)
    item = item_next(participant=mine).item_id
    made.items.exclude(pk=item).delete()
    change(anna, made)
    bert = user_create(username="bert", password="correct-horse", role=User.Role.ANNOTATOR, groups=made.groups.all())
    assert item_next(participant=participant_get(study_id=made.pk, annotator=bert)).item_id == item
    assert not Lease.objects.filter(participant=mine).exists()


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_after_the_first_look_is_seen_under_the_lock(
    change: Callable[[User, Study], None], anna: User, made: Study
) -> None:
    who = participant_get(study_id=made.pk, annotator=anna)
    unaudited = owed(who)
    change(anna, made)
    with pytest.raises(PermissionDenied):
        audit_save(participant=who, judgment_id=unaudited, filter_right=True)
    with pytest.raises(PermissionDenied):
        item_next(participant=who)
    with pytest.raises(PermissionDenied):
        judgment_revise(participant=who, judgment_id=unaudited, submission=uuid4(), **RATED)


@pytest.mark.parametrize("change", [nothing, *CHANGES])
def test_both_ways_of_asking_say_the_same(change: Callable[[User, Study], None], anna: User, made: Study) -> None:
    change(anna, made)
    by_orm = Participant.objects.with_rights().filter(annotator=anna, study=made).exists()
    try:
        by_sql = bool(participant_get(study_id=made.pk, annotator=anna))
    except Study.DoesNotExist:
        by_sql = False
    assert by_orm == by_sql == (change is nothing)


def test_whoever_comes_back_goes_on_with_their_item(anna: User, made: Study) -> None:
    item = held(participant_get(study_id=made.pk, annotator=anna))
    anna.groups.clear()
    anna.groups.set(made.groups.all())
    assert held(participant_get(study_id=made.pk, annotator=anna)) == item
