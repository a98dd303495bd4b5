import numpy as np
import pytest

from stats.filter.calibration import calibration
from stats.rates import wilson


def test_brier_and_ece_by_hand():
    # Brier: (0.2² · 3 + 0.8²)/4. ECE: in the one bin used, mean p_yes 0.8 against 3 of 4.
    result = calibration([0.8] * 4, [True, True, True, False])
    assert result.brier.value == pytest.approx((3 * 0.04 + 0.64) / 4)
    assert result.ece.value == pytest.approx(0.8 - 3 / 4)


def test_bins_hold_their_lower_end_and_the_last_holds_one():
    result = calibration([0.1, 0.3, 1.0, 0.95], [True, False, True, True])
    assert [each.plausible.n for each in result.bins] == [0, 1, 0, 1, 0, 0, 0, 0, 0, 2]
    assert result.bins[9].p_yes == pytest.approx(0.975)
    assert result.bins[0].plausible.reason == "no judged item in this bin"


def test_ece_is_weighted():
    # Bins 0.2 (gap 0.2, weight 1) and 0.9 (gap 0.1, weight 3): (0.2 · 1 + 0.1 · 3)/4.
    assert calibration([0.2, 0.9], [False, True], [1, 3]).ece.value == pytest.approx(0.5 / 4)


def test_a_bin_of_many_has_nearly_wilsons_interval():
    result = calibration([0.55] * 300, [True] * 180 + [False] * 120)
    assert result.bins[5].plausible.ci95 == pytest.approx(wilson(180, 300).ci95, abs=1e-3)


def test_calibrated_p_yes_has_an_ece_that_may_be_nought():
    rng = np.random.default_rng(1)
    p_yes = rng.random(2000)
    good, bad = calibration(p_yes, rng.random(2000) < p_yes), calibration(p_yes, rng.random(2000) < p_yes**3)
    assert good.ece.ci95[0] < 0.005
    assert bad.ece.ci95[0] > 0.1


def test_nothing_judged_says_so():
    assert calibration([], []).as_dict()["ece"] == {"value": None, "ci95": None, "n": 0, "reason": "no judgments yet"}
