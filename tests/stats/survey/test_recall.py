import numpy as np
import pytest

from stats.survey.assisted import assisted_quality, assisted_rate
from stats.survey.recall import recall_bounds
from stats.survey.run import run_totals


def test_the_kept_share_and_what_is_plausible_on_either_side_make_recall():
    # 800 kept of 1,000, three quarters plausible; of the rejected one quarter: 600 of 650.
    value, low, high = recall_bounds(0.8, (0.75, 0.6, 0.85), (0.25, 0.15, 0.4))
    assert value == pytest.approx(600 / 650)
    # On the logarithm the ratio 3 falls by √(ln²(0.75/0.6) + ln²(0.4/0.25)), its weight in odds is 4.
    odds = 12 * np.exp(-np.hypot(np.log(0.75 / 0.6), np.log(0.4 / 0.25)))
    assert low == pytest.approx(odds / (1 + odds))
    assert value < high < 1


def test_none_plausible_of_the_rejected_leaves_the_doubt_of_their_number():
    value, low, high = recall_bounds(0.5, (0.9, 0.8, 0.95), (0.0, 0.0, 0.2))
    assert (float(value), float(high)) == pytest.approx((1, 1))
    assert low == pytest.approx(0.9 / (0.9 + 0.2), abs=0.01)


def test_without_a_slope_the_kept_share_still_helps():
    # p_yes tells nothing: half of the kept and of the rejected are plausible, 800 are kept, 20 of 40 items.
    kept, plausible = np.arange(40) < 20, np.arange(40) % 2
    found = assisted_quality(plausible, kept, np.where(kept, 0.9, 0.1), run_totals(1000, 800, 740, 720))
    assert found.precision.fallback == "p_yes is the same for all judged items"
    assert (found.recall.figure.value, found.recall.design.value) == (pytest.approx(0.8), 0.5)


def test_slopes_of_noise_are_left_out():
    # Of each p_yes half are plausible, so that the slope is 0; the run has more of the higher ones.
    found = assisted_rate(np.repeat([0, 1], 20), np.tile([0.1, 0.3, 0.6, 0.8], 10), run_totals(4000, 2500, 2000, 1800))
    assert found.fallback == "p_yes tells no more of the judged items than its slopes cost"
    assert found.figure == found.design
