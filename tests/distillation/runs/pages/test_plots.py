"""Marks of time, by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from distillation.runs.pages.plots import line_plot

START = datetime(2026, 1, 31, 11, 59, 58, tzinfo=UTC)


@pytest.mark.parametrize("seconds", [10, 20, 61, 119, 400, 7_000, 90_000, 40 * 86_400])
def test_there_is_more_than_one_time_however_short_the_run(seconds: int) -> None:
    plot = line_plot([(START, 1.0), (START + timedelta(seconds=seconds), 2.0)], top=2)
    assert 2 <= len(plot.times) <= 7


def test_under_two_minutes_the_seconds_are_told() -> None:
    plot = line_plot([(START, 1.0), (START + timedelta(seconds=20), 2.0)], top=2)
    assert [mark.label for mark in plot.times] == ["12:00:00", "12:00:05", "12:00:10", "12:00:15"]
    assert plot.across == "Time of day"
