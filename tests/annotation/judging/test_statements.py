"""What a judgment asks of the database: each statement more is felt by everybody who judges at that moment."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from annotation.judging.access import participant_of
from annotation.judging.allocation import item_next
from annotation.models import Judgment, Lease, Study
from tests.annotation.builders import save, study
from tests.annotation.pages import audit, post, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(annotator: User) -> Study:
    """Judged in once, so that what is read once is read."""
    made = study(items=4, consent="", audit_share=0.0)
    save(item_next(participant=participant_of(annotator, made.pk)))
    return made


def statements(captured: CaptureQueriesContext) -> list[str]:
    """Without those that begin and end transactions within that of the test."""
    said = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in said if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))]


def test_a_take_reads_the_participant_twice_and_takes_once(annotator: User, made: Study) -> None:
    with CaptureQueriesContext(connection) as captured:
        item_next(participant=participant_of(annotator, made.pk))
    # who they are in the study, the same under the lock, their lease if any, a new one
    assert len(statements(captured)) == 4


def test_a_save_writes_with_one_statement(annotator: User, made: Study) -> None:
    lease = item_next(participant=participant_of(annotator, made.pk))
    with CaptureQueriesContext(connection) as captured:
        lease.participant = participant_of(annotator, made.pk)
        save(lease)
    # who they are in the study, the same under the lock, the judgment with all that it counts
    assert len(statements(captured)) == 3


def test_a_take_that_meets_consent_and_questions_asks_nothing_more(annotator: User, made: Study) -> None:
    Study.objects.update(demographics=["age"])
    with CaptureQueriesContext(connection) as captured, pytest.raises(Exception, match="about yourself"):
        item_next(participant=participant_of(annotator, made.pk))
    assert len(statements(captured)) == 3  # the study has changed, and is read once more


def test_a_judgment_with_its_audit_asks_seven_times(as_annotator: Client, annotator: User) -> None:
    made = study(items=4, consent="")
    as_annotator.get(url("page", made))
    audit(as_annotator, made, save(Lease.objects.get()).pk)  # what is read once is read
    form = {"item": Lease.objects.get().item_id, "submission": uuid4(), "version": 1, "plausibility": 1}
    with CaptureQueriesContext(connection) as captured:
        post(as_annotator, "save", made, **form, typicality=2)
    # the session with its person; the participant under the lock; the judgment, with its item and verdict
    assert len(statements(captured)) == 3
    judgment = Judgment.objects.latest("pk").pk
    with CaptureQueriesContext(connection) as captured:
        audit(as_annotator, made, judgment)
    # the session, the participant under the lock, the audit, a new lease with its item
    assert len(statements(captured)) == 4
    # one transaction, with no savepoint in it
    assert sum(query["sql"].startswith("SAVEPOINT") for query in captured.captured_queries) == 1
