"""What is old goes, what is not stays, and a dry run touches nothing."""

import json
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Session, User
from api.models import ApiToken, IdempotencyRecord
from distillation.models import Picture, Run, RunTick, TreatedPicture
from mindsite.retention.policy import cleared
from tests.distillation.builders import cobuys, run

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def days_ago(n: float) -> object:
    return NOW - timedelta(days=n)


def told(found: dict[str, int], word: str) -> int:
    return next(n for what, n in found.items() if word in what)


@pytest.fixture
def old_and_new(researcher: User) -> None:
    for at in (days_ago(1), days_ago(-1)):
        Session.objects.create(session_key=f"{at:%d}", session_data="", expire_date=at)
    for n, at in enumerate((days_ago(91), days_ago(89))):
        ApiToken.objects.create(
            owner=researcher, name=f"t{n}", digest=f"{n}", prefix="p", scopes=[], expires_at=days_ago(-9), revoked_at=at
        )
    for n, at in enumerate((days_ago(2), days_ago(0.5))):
        record = IdempotencyRecord.objects.create(user=researcher, key=f"{n}", request_hash="")
        IdempotencyRecord.objects.filter(pk=record.pk).update(created_at=at)


def test_what_is_old_goes_and_what_is_not_stays(old_and_new: None) -> None:
    dry = dict(cleared(dry=True))
    assert [told(dry, word) for word in ("sessions", "tokens", "twice")] == [1, 1, 1]
    assert (Session.objects.count(), ApiToken.objects.count(), IdempotencyRecord.objects.count()) == (2, 2, 2)
    assert dict(cleared(dry=False)) == dry
    assert (Session.objects.count(), ApiToken.objects.get().name, IdempotencyRecord.objects.get().key) == (1, "t1", "1")


def test_old_steps_become_hours_with_the_same_sums() -> None:
    """Six steps of 10, 11 … 15 calls in two hours: rows of 33 and 42."""
    cobuys(1)
    ended, running = run(name="ended"), run(name="running")
    Run.objects.filter(pk=ended.pk).update(state=Run.State.DONE, finished_at=days_ago(91))
    begun = days_ago(100).replace(minute=0, second=0, microsecond=0)
    for each in (ended, running):
        for n in range(6):
            RunTick.objects.create(run=each, at=begun + timedelta(hours=n // 3, seconds=10 * (n % 3)), calls=10 + n)
    assert told(dict(cleared(dry=True)), "steps") == told(dict(cleared(dry=False)), "steps") == 4
    assert list(ended.ticks.order_by("at").values_list("calls", flat=True)) == [10 + 11 + 12, 13 + 14 + 15]
    assert running.ticks.count() == 6


def test_a_treated_picture_that_no_run_shows_goes_with_its_file() -> None:
    source, treated = (
        Picture.objects.create(digest=letter * 64, width=1, height=1, size=1, created_at=days_ago(31))
        for letter in "ab"
    )
    for picture in (source, treated):
        default_storage.save(picture.name, ContentFile(b"x"))
    TreatedPicture.objects.create(source=source, treatment="grey-1", picture=treated)
    assert told(dict(cleared(dry=False)), "treated") == 1
    assert list(Picture.objects.values_list("digest", flat=True)) == ["a" * 64]
    assert [default_storage.exists(each.name) for each in (source, treated)] == [True, False]


def test_the_command_counts_only(old_and_new: None, capsys: pytest.CaptureFixture) -> None:
    call_command("clear", "--dry-run", "--json")
    assert told(json.loads(capsys.readouterr().out), "sessions") == 1
    assert Session.objects.count() == 2
