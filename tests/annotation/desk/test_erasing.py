"""A person is erased: searched for in every table, export and file; what was counted is counted still."""

import logging
from io import StringIO

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.links import sign_in_link_make
from accounts.models import Deed, Erasure, Session, User
from accounts.services import PeopleRefused, user_create
from annotation.desk.applying import erasures_apply, erasures_owed
from annotation.desk.erasing import person_erase
from annotation.desk.sending_back import judgments_send_back
from annotation.desk.tasks import erasures_sweep
from annotation.exchange.exports.streams import judgments_csv
from annotation.figures.numbers import study_figures
from annotation.judging.allocation import item_next, item_skip
from annotation.judging.quality.interventions import participant_pause
from annotation.judging.tallying import study_recompute
from annotation.judging.writing import audit_save
from annotation.models import Adjudication, Item, Judgment, Participant, Study
from api.models import Scope
from api.tokens.services import token_create
from tests.annotation.builders import group_of, judge, participant, save, study
from tests.annotation.desk.traces import tables_with
from tests.api.builders import DAY

pytestmark = pytest.mark.django_db
NAME, MAIL, PLATFORM_ID = "zacharias-q", "zq@mail.example", "5f2bplatformid77"


@pytest.fixture(autouse=True)
def ledger(tmp_path, settings) -> None:
    settings.ERASURES_FILE, settings.AUDIT_LOG = tmp_path / "erasures.jsonl", tmp_path / "audit.jsonl"


def somebody(researcher: User) -> tuple[User, Participant, Study]:
    """With everything that the product writes of a person."""
    made = study(items=4, overlap=2, groups=[group_of(3)])
    who = user_create(username=NAME, password="correct-horse", role=User.Role.ANNOTATOR, email=MAIL)
    User.objects.filter(pk=who.pk).update(first_name="Zacharias", crowd_platform="prolific", crowd_id=PLATFORM_ID)
    who.groups.set(made.groups.all())
    part, other = participant(made, NAME), participant(made, "g-0")
    judge(other), judge(other)
    save(item_next(participant=part), comment=f"I am {NAME}, write to {MAIL}")
    audit_save(participant=part, judgment_id=part.judgments.get().pk, filter_right=True)
    item_skip(participant=part, item_id=item_next(participant=part).item_id, reason="offensive")
    item_next(participant=part)
    Adjudication.objects.create(item=part.judgments.get().item, by=who, plausibility=1, comment=f"{NAME} says so")
    judgments_send_back(study=made, judgments=[other.judgments.first().pk], word=f"Ask {NAME}", by=who)
    sign_in_link_make(person=who, by=researcher)
    token_create(owner=who, name=f"of {NAME}", scopes=[Scope.JUDGE], valid=DAY)
    Client().force_login(who)
    AccessAttempt.objects.create(
        username=NAME, ip_address="203.0.113.9", get_data="", post_data="", failures_since_start=1
    )
    of_user = {"content_type": ContentType.objects.get_for_model(User), "object_id": who.pk, "object_repr": NAME}
    LogEntry.objects.create(user=researcher, action_flag=CHANGE, **of_user)
    return who, part, made


def test_a_failed_sign_in_is_logged_without_the_name(annotator: User, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    Client().post(reverse("login"), {"username": "anna", "password": "wrong-horse"})
    assert "anna" not in caplog.text and "axes" in caplog.text.lower()


@pytest.mark.parametrize("judgments", ["keep", "remove"])
def test_no_table_export_ledger_or_log_holds_a_trace(
    judgments: str, administrator: User, caplog, settings, django_capture_on_commit_callbacks
) -> None:
    caplog.set_level(logging.DEBUG)
    with django_capture_on_commit_callbacks(execute=True):  # by which the trail's file is written
        who, part, made = somebody(administrator)
    pk, old = who.pk, part.pseudonym
    assert {"accounts_user", "annotation_judgment", "axes_accessattempt"} <= set(tables_with(NAME))
    person_erase(person=who, judgments=judgments, comments="remove", by=administrator)
    words = [NAME, "Zacharias", MAIL, PLATFORM_ID, old]
    assert {word: tables_with(word) for word in words} == {word: [] for word in words}
    assert not [each for each in Session.objects.all() if each.get_decoded()["_auth_user_id"] == str(pk)]
    exported = b"".join(judgments_csv(made)).decode()
    written = settings.ERASURES_FILE.read_text() if settings.ERASURES_FILE.exists() else ""
    written += settings.AUDIT_LOG.read_text()
    assert '"kind": "link' in written
    assert [word for word in words if word in exported + caplog.text + written] == []


def test_kept_judgments_count_as_before_under_a_fresh_pseudonym(administrator: User) -> None:
    who, part, made = somebody(administrator)
    old, before = part.pseudonym, study_figures(made)
    person_erase(person=who, judgments="keep", comments="keep", by=administrator)
    part.refresh_from_db()
    assert study_figures(Study.objects.get(pk=made.pk)) == before
    assert part.pseudonym != old and not part.annotator.is_active
    assert Judgment.objects.exclude(comment="").count() == Adjudication.objects.exclude(comment="").count() == 1
    assert set(study_recompute(made).values()) == {0}


def test_removed_judgments_leave_their_places_to_others(administrator: User) -> None:
    """Three judgments on four items of overlap 2; the one of who goes is on an item that others may have now."""
    who, part, made = somebody(administrator)
    item = part.judgments.get().item_id
    person_erase(person=who, judgments="remove", comments="remove", by=administrator)
    assert (Judgment.objects.count(), Adjudication.objects.count()) == (2, 0)
    assert Item.objects.get(pk=item).n_judged == Item.objects.get(pk=item).judgments.count()
    assert sum(made.items.values_list("taken", flat=True)) == 2
    assert set(study_recompute(made).values()) == {0}


def test_a_researcher_s_name_goes_from_the_reasons_that_they_gave(administrator: User, researcher: User) -> None:
    part = participant(study(created_by=researcher))
    participant_pause(participant=part, reason="rest", by=researcher)
    person_erase(person=researcher, judgments="keep", comments="keep", by=administrator)
    assert Participant.objects.get().state_reason == "A researcher has paused you: rest"
    assert tables_with("rosa") == []


def test_the_line_of_the_trail_holds_nobody(administrator: User) -> None:
    who, _, _ = somebody(administrator)
    person_erase(person=who, judgments="keep", comments="remove", by=administrator)
    line = Deed.objects.get(kind="person.erased")
    assert (line.by, line.person) == (administrator, None)
    assert line.details == {"judgments": "keep", "comments": "remove", "studies": 1}


def test_who_comes_back_with_an_older_backup_is_erased_again(
    administrator: User, annotator: User, django_capture_on_commit_callbacks
) -> None:
    """The row as the backup has it, with its number and first moment; the newcomer who has got the number is spared."""
    kept = User.objects.filter(pk=annotator.pk).values().get()
    with django_capture_on_commit_callbacks(execute=True):
        person_erase(person=annotator, judgments="keep", comments="keep", by=administrator)
    Erasure.objects.all().delete()  # the older table; the file has stayed
    newcomer = User.objects.create(pk=kept["id"], username="new")
    assert erasures_apply(file=settings.ERASURES_FILE) == 0
    newcomer.delete()
    Erasure.objects.all().delete()
    User.objects.create(**kept)
    assert erasures_owed(settings.ERASURES_FILE)
    erasures_sweep()  # a worker's
    assert tables_with("anna") == [] and not erasures_owed(settings.ERASURES_FILE)
    assert erasures_apply(file=settings.ERASURES_FILE) == 0


def test_nobody_erases_themselves_or_the_only_administrator(administrator: User) -> None:
    with pytest.raises(PeopleRefused, match="can't erase yourself"):
        person_erase(person=administrator, judgments="keep", comments="keep", by=administrator)
    with pytest.raises(PeopleRefused, match="only administrator"):
        person_erase(person=administrator, judgments="keep", comments="keep", by=None)


def test_the_command_shows_comments_before_it_keeps_or_removes_them(administrator: User) -> None:
    somebody(administrator)
    shown = StringIO()
    with pytest.raises(CommandError, match="2 comments, above"):
        call_command("erase_person", NAME, judgments="keep", stderr=shown)
    assert MAIL in shown.getvalue() and User.objects.filter(username=NAME).exists()
    call_command("erase_person", NAME, judgments="keep", comments="remove", stdout=StringIO())
    assert not User.objects.filter(username=NAME).exists()
    with pytest.raises(CommandError, match="nobody of this user name"):
        call_command("erase_person", NAME, judgments="keep")


def test_the_page_asks_for_the_name_and_shows_the_comments(administrator: User) -> None:
    who, _, _ = somebody(administrator)
    browser, page = Client(), reverse("people-erase", args=[who.pk])
    browser.force_login(administrator)
    assert MAIL in browser.get(page).content.decode()
    asked = {"judgments": "keep", "comments": "remove", "typed": "zacharias"}
    assert "not their user name" in browser.post(page, asked).content.decode()
    assert browser.post(page, asked | {"typed": NAME}).status_code == 302
    assert tables_with(NAME) == []
