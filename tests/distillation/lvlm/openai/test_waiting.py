"""How long a server asks to be left alone."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from distillation.lvlm.openai.waiting import retry_seconds


@pytest.mark.parametrize("told", ["Fri, 31 Dec 1999 23:59:59 GMT", "soon", "", None, "-1"])
def test_a_retry_after_that_is_none(told: str | None):
    assert retry_seconds(told) is None


def test_retry_after_as_seconds_or_date_is_bounded():
    assert 2 <= retry_seconds("2") <= 2 * 1.2
    at = datetime.now(UTC) + timedelta(seconds=10)
    assert 8 <= retry_seconds(format_datetime(at, usegmt=True)) <= 10 * 1.2
    assert retry_seconds("86400") <= 30 * 1.2
