"""What a sample can tell, as a plot."""

import pytest

from research.experiments.judged import Judged
from research.experiments.telling import _round, telling
from research.models import Arm
from stats.arms import ArmDifference
from stats.estimate import Estimate


def row(value: str, detectable: float | None, n: int) -> Judged:
    figure = Estimate(0.0, (-0.1, 0.1), n)
    return Judged(
        Arm(factor="pictures", value=value), "Plausible", figure, figure, ArmDifference(figure, detectable=detectable)
    )


def test_the_arm_that_is_told_worst_is_drawn() -> None:
    found = telling([row("grey", 0.05, 240), row("none", 0.08, 200)])
    assert (found["arm"], found["points"], found["n"]) == ("pictures: none", "8.0", 200)
    assert found["needed"]["5"] == 512  # 200 · (8/5)²


def test_the_mark_is_on_the_curve() -> None:
    """A quarter of the way, where the scale ends at four times the pairs; 8 of 16 points are half of the height."""
    plot = telling([row("none", 0.08, 200)])["plot"]
    assert plot.points[0].x == pytest.approx(9 + 89 / 4)
    assert plot.points[0].y == pytest.approx((plot.top + plot.foot) / 2)
    assert f"L25 {100 - 100 * 0.08 / 0.16:g}" in plot.lines[0].path


def test_where_nothing_varies_nothing_is_drawn() -> None:
    assert telling([row("none", None, 200)]) is None


@pytest.mark.parametrize(("value", "up_to"), [(3, 4), (800, 800), (801, 1200), (14.2, 16)])
def test_scales_end_at_numbers_that_quarter(value: float, up_to: int) -> None:
    assert _round(value) == up_to
