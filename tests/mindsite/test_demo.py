"""What `make demo` does beside what it is made of; the whole of it runs in a fresh clone."""

from pathlib import Path

import pytest

from accounts.models import User
from annotation.models import Judgment
from mindsite.demo import _simulate
from mindsite.supervision.output import LOG_BYTES, ToFiles
from tests.annotation.builders import study

pytestmark = pytest.mark.django_db


def test_programs_judge_and_their_accounts_let_nobody_in() -> None:
    made = study(items=4, overlap=2, simulated=True)
    for _ in range(2):  # they judge in more than one study
        _simulate(made, print)
    assert Judgment.objects.filter(participant__study=made).count() == 4 * 2
    people = User.objects.filter(username__startswith="simulated-")
    assert [(each.is_active, each.check_password("")) for each in people] == [(False, False)] * 4


def test_what_processes_say_goes_to_files_that_are_rotated(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    output = ToFiles(tmp_path / "log")
    for name, line in (("web", "one"), ("web", "x" * LOG_BYTES), ("web", "last"), ("worker", "two")):
        output.line(name, line)
    kept = {path.name: path.read_text() for path in (tmp_path / "log").iterdir()}
    assert {name: text[-5:] for name, text in kept.items()} == {
        "web.log": "last\n", "web.log.1": "xxxx\n", "web.log.2": "one\n", "worker.log": "two\n"
    }  # fmt: skip
    assert capfd.readouterr() == ("", "")
