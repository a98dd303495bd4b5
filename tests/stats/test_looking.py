"""Confidence sequences against confseq and code from the papers, and looked at sixty times."""

import numpy as np
import pytest

from stats.intervals import score_interval
from stats.looking import (
    beta_mixture,
    multiplier,
    narrow_enough,
    normal_mixture,
    sequence_of,
    share_sequence,
)
from stats.sample import sample_of
from tests.stats.inference import columns, references

STREAM, VALUES = columns("stream"), references("stream")["values"]


@pytest.mark.parametrize("column", ["yes", "share"])
def test_normal_mixture(column):
    band = normal_mixture(STREAM[column], planned=200)
    for name, tolerance in (("normal_mixture", 1e-8), ("normal mixture of confseq", 1e-4)):
        for t, bounds in VALUES[f"{column}: {name}"]["at"].items():
            assert (band.low[int(t) - 1], band.high[int(t) - 1]) == pytest.approx(bounds, abs=tolerance)


@pytest.mark.parametrize("column", ["yes", "share"])
def test_multiplier_is_that_of_the_asymptotic_sequence(column):
    for t, bounds in VALUES[f"{column}: asymptotic"]["at"].items():
        x = STREAM[column][: int(t)]
        half = multiplier(int(t), 200) * x.std() / np.sqrt(int(t))
        assert (x.mean() - half, x.mean() + half) == pytest.approx(bounds, abs=1e-8)


def test_beta_mixture():
    for t, bounds in VALUES["yes: beta_mixture"]["at"].items():
        yes = int(STREAM["yes"][: int(t)].sum())
        assert beta_mixture(yes, int(t) - yes).ci95 == pytest.approx(bounds, abs=1e-8)


def test_beta_mixture_at_its_ends():
    none, all_of_them = beta_mixture(0, 20).ci95, beta_mixture(20, 0).ci95
    assert (none[0], all_of_them[1]) == (0, 1)
    # (1 - p)^20·21 = 1/20 where no one said yes: p = 1 - (1/420)^(1/20).
    assert none[1] == pytest.approx(1 - (1 / 420) ** (1 / 20), abs=1e-9)
    assert beta_mixture(0, 0).reason == "no judgments yet"


def test_a_planned_beta_mixture_is_narrower_there():
    widths = [np.ptp(beta_mixture(280, 120, planned).ci95) for planned in (None, 400)]
    assert widths[1] < 0.95 * widths[0]


def test_a_share_sequence_is_wilsons_with_the_multiplier():
    yes = STREAM["yes"][:200]
    found = share_sequence(sample_of(200), yes, np.ones(200), planned=200)
    # Sample.variance divides by n - 1, so its effective size is 199.
    assert found.ci95 == pytest.approx(score_interval(yes.mean(), 199, multiplier(200, 200)))
    assert found.n == 200


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_sixty_looks_miss_seldom_and_cost_little(share):
    # 1,500 studies of 600 items looked at every ten: standard error of 5 % is 0.6 points.
    t, planned = np.arange(10, 601, 10), 400
    yes = (np.random.default_rng(1).random((1500, 600)) < share).cumsum(axis=1)[:, t - 1] / t
    low, high = score_interval(yes, t, multiplier(t, planned))
    assert ((low > share) | (high < share)).any(axis=1).mean() < 0.05
    fixed_low, fixed_high = score_interval(yes, t)
    assert ((fixed_low > share) | (fixed_high < share)).any(axis=1).mean() > 0.2
    k = planned // 10 - 1
    assert ((high - low)[:, k] / (fixed_high - fixed_low)[:, k]).mean() < 1.7


def test_a_difference_by_its_variance():
    # √((1 + 1/nr) log((nr + 1)/0.0025)) with n·r = 2·2.9957 + log 6.9915 = 7.9360 at the planned n.
    assert multiplier(400, 400) == pytest.approx(np.sqrt((1 + 1 / 7.9360) * np.log(8.9360 / 0.0025)), abs=1e-4)
    found = sequence_of(0.1, 0.02**2, 400, planned=400)
    assert found.ci95 == pytest.approx((0.1 - 0.02 * multiplier(400, 400), 0.1 + 0.02 * multiplier(400, 400)))


def test_too_early_says_so():
    early = share_sequence(sample_of(29), np.ones(29), np.ones(29), planned=200)
    assert early.reason == sequence_of(0, 1, 29, 200).reason == "a sequence begins at 30 items"
    assert share_sequence(sample_of(0), [], [], planned=200).reason == "no judgments yet"


def test_stops_when_narrow_enough():
    assert narrow_enough(sequence_of(0.5, 0.006**2, 400, 400), 0.02)
    assert not narrow_enough(sequence_of(0.5, 0.008**2, 400, 400), 0.02)
    assert not narrow_enough(sequence_of(0.5, 0.001, 10, 400), 0.02)
