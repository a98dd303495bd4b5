"""kill -9 in the middle: what was answered stays, and is not asked again."""

import os
import signal
from pathlib import Path
from threading import Event

import pytest
from django.db import connection

from research.evaluations.services import evaluation_ask
from research.models import Evaluation
from tests.killing import child
from tests.research.evaluations.builders import QUESTIONS, folder, number, right, server, started

pytestmark = pytest.mark.django_db(transaction=True)


def dies(done: int, of: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def freed(evaluation: Evaluation) -> None:
    """Waits until the database has noticed that whoever asked is gone."""
    with connection.cursor() as cursor:
        for lock in ("pg_advisory_lock", "pg_advisory_unlock"):
            cursor.execute(f"SELECT {lock}(hashtext('evaluation_ask'), %s)", [evaluation.pk])


def test_it_goes_on_after_a_kill_and_asks_nothing_twice(tmp_path: Path) -> None:
    killed = Event()
    with server(lambda prompt: right(prompt) if number(prompt) < 4 or killed.wait(30) else "") as odd:
        made = started(folder(tmp_path), f"{odd.url},1")
        asking = child(lambda: evaluation_ask(evaluation=made, progress=dies))
        asking.start()
        asking.join(60)
        killed.set()
        freed(made)
        answered, asked = made.answers.count(), len(odd.calls)
        ended = evaluation_ask(evaluation=made)
    assert asking.exitcode == -signal.SIGKILL
    assert 0 < answered <= 4
    assert (ended.state, ended.answers.count()) == ("done", QUESTIONS)
    assert len(odd.calls) - asked == QUESTIONS - answered
