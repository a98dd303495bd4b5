"""Who wants it so is told once when a run or study ends, an alarm rings or a worker is absent; a mail server that is
down costs time."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from distillation.models import Alarm, Run, Worker
from tests.annotation.builders import judge, participant, study
from tests.annotation.pages import text
from tests.distillation.builders import finished_run
from webhooks.models import Notice
from webhooks.notices.mailing import WAITS, notices_mail
from webhooks.notices.services import choice_save, notices_announce

pytestmark = pytest.mark.django_db


@pytest.fixture
def reachable(researcher: User, settings) -> User:
    settings.EMAIL_HOST, settings.PUBLIC_URL = "mail.example", "https://mind.example/"
    User.objects.filter(pk=researcher.pk).update(email="rosa@example.org")
    choice_save(person=researcher, in_browser=True, by_email=True, own_only=True)
    return researcher


@pytest.fixture
def unreachable(settings) -> None:
    """A mail server that nobody runs: port 1 refuses at once."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 1


def ended_run(**fields: object) -> Run:
    made = finished_run()
    Run.objects.update(finished_at=Now(), **fields)
    return made


def test_the_end_of_a_run_is_told_once(researcher: User, annotator: User) -> None:
    ended_run()
    assert [notices_announce(), notices_announce()] == [1, 0]
    notice = Notice.objects.get()
    assert (notice.person, notice.words, notice.path) == (researcher, "The run r1 is done.", "/runs/r1/")


def test_what_ended_long_ago_is_no_news(researcher: User) -> None:
    finished_run()
    Run.objects.update(finished_at=timezone.now() - timedelta(days=2))
    assert notices_announce() == 0


def test_a_study_with_all_its_judgments_is_told_to_who_made_it(researcher: User, administrator: User) -> None:
    made = study(items=1, overlap=1, created_by=researcher)
    judge(participant(made))
    notices_announce()
    assert [(each.person, each.words) for each in Notice.objects.all()] == [
        (researcher, "The study S has all its 1 judgments.")
    ]


def test_others_things_are_told_to_who_asks_for_them(researcher: User, administrator: User) -> None:
    ended_run(created_by=administrator)
    choice_save(person=researcher, in_browser=True, by_email=False, own_only=False)
    assert notices_announce() == 2


def test_who_wants_none_has_none(researcher: User) -> None:
    ended_run()
    choice_save(person=researcher, in_browser=False, by_email=False, own_only=False)
    assert notices_announce() == 0


def test_an_alarm_and_an_absent_worker_are_told(researcher: User) -> None:
    made = finished_run()
    Run.objects.update(state=Run.State.RUNNING)
    Alarm.objects.create(run=made, kind="failures", share=0.5, limit=0.05, n=6)
    Worker.objects.create(name="celery@a", seen_at=timezone.now() - timedelta(minutes=5))
    Worker.objects.create(name="celery@b", seen_at=timezone.now())
    notices_announce()
    words = sorted(Notice.objects.values_list("words", flat=True))
    assert words[0] == "An alarm rings in the run r1: Failures over 5 %: 50.0 % of 6 units."
    assert words[1].startswith("The worker celery@a is absent") and len(words) == 2


def test_no_worker_is_missed_where_nothing_runs(researcher: User) -> None:
    Worker.objects.create(name="celery@a", seen_at=timezone.now() - timedelta(minutes=5))
    assert notices_announce() == 0


def test_a_notice_is_mailed_once_with_the_site_s_address(reachable: User) -> None:
    ended_run()
    notices_announce()
    assert [notices_mail(), notices_mail()] == [1, 0]
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["rosa@example.org"], "The run r1 is done.")
    assert "https://mind.example/runs/r1/" in sent.body


def test_a_mail_server_that_is_down_is_tried_again_and_then_told(
    reachable: User, unreachable: None, as_researcher: Client
) -> None:
    ended_run()
    notices_announce()
    for tries in range(1, len(WAITS) + 2):
        Notice.objects.update(due_at=Now())
        assert notices_mail() == 0
        assert Notice.objects.get().tries == tries
    assert Notice.objects.get().mail == Notice.Mail.FAILED
    page = text(as_researcher.get(reverse("notice-list")))
    assert "Not all could be mailed." in page and "refused" in page


def test_the_count_beside_the_name_is_silent_while_nothing_changes(as_researcher: Client) -> None:
    ended_run()
    notices_announce()
    count = reverse("notice-count")
    assert "1 unread" in text(as_researcher.get(f"{count}?n=0"))
    assert as_researcher.get(f"{count}?n=1").status_code == 204
    as_researcher.post(reverse("notice-read"))
    assert "unread" not in text(as_researcher.get(f"{count}?n=1"))


def test_a_page_that_is_open_looks_where_no_worker_does(as_researcher: Client) -> None:
    cache.delete("notices-look")
    ended_run()
    as_researcher.get(reverse("notice-count"))
    assert Notice.objects.count() == 1


def test_mails_need_an_address(as_researcher: Client, settings) -> None:
    settings.EMAIL_HOST = "mail.example"
    answer = as_researcher.post(reverse("notice-list"), {"by_email": "on"})
    assert (answer.status_code, answer.context["form"].errors["email"]) == (422, ["Write where the mails go"])
