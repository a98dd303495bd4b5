"""What is wrong with words after an option is one line that says what would do."""

from argparse import ArgumentTypeError
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from distillation.management.arguments import day, whole


def test_a_day() -> None:
    assert day("2026-01-31") == date(2026, 1, 31)
    with pytest.raises(ArgumentTypeError, match="yesterday is no day; write it as 2026-01-31"):
        day("yesterday")


@pytest.mark.parametrize(
    ("text", "why"),
    [("-1", "-1 is no whole number from 1 on"), ("0", "from 1 on"), ("²", "from 1 on"), ("9" * 5000, "up to 99")],
)
def test_a_number_that_will_not_do(text: str, why: str) -> None:
    assert whole(least=1, most=99)("99") == 99
    with pytest.raises(ArgumentTypeError, match=why):
        whole(least=1, most=99)(text)


def test_commands_have_them() -> None:
    for words in (
        ("purchase_test", "t", "--run", "r", "--until", "soon"),
        ("simulate_shop", "s", "--seed", "-1"),
        ("treat_pictures", "--limit", "-1"),
    ):
        with pytest.raises(CommandError, match="is no"):
            call_command(*words)
