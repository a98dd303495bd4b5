"""What `make demo` does beside what it is made of; the whole of it runs in a fresh clone."""

import pytest

from accounts.models import User
from annotation.models import Judgment
from mindsite.demo import _simulate
from tests.annotation.builders import study

pytestmark = pytest.mark.django_db


def test_programs_judge_and_their_accounts_let_nobody_in() -> None:
    made = study(items=4, overlap=2, simulated=True)
    for _ in range(2):  # they judge in more than one study
        _simulate(made, print)
    assert Judgment.objects.filter(participant__study=made).count() == 4 * 2
    people = User.objects.filter(username__startswith="simulated-")
    assert [(each.is_active, each.check_password("")) for each in people] == [(False, False)] * 4
