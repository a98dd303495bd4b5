import numpy as np
import pytest

from stats.estimate import Estimate, undefined
from stats.intervals import score_interval, t95
from stats.rates import hajek_rate, horvitz_thompson_rate, stratified_variance, wilson


def test_wilson_of_newcombe_1998():
    # Newcombe 1998, table I, method 3: 81 of 263 and 15 of 148.
    assert wilson(81, 263).ci95 == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148).ci95 == pytest.approx((0.0624, 0.1605), abs=5e-5)


def test_wilson_at_the_ends():
    # 0 of 10: from 0 to z²/(n + z²) = 3.8415/13.8415.
    assert wilson(0, 10).ci95 == pytest.approx((0, 3.8415 / 13.8415), abs=1e-4)
    assert wilson(10, 10).ci95 == pytest.approx((10 / 13.8415, 1), abs=1e-4)


def test_wilson_of_nothing_says_why():
    assert wilson(0, 0).as_dict() == {"value": None, "ci95": None, "n": 0, "reason": "no judgments yet"}


def test_hajek_weighs_by_inclusion_probability():
    # One kept intention stands for 2, one rejected for 10: 2 · 1 + 10 · 0 of 12.
    assert hajek_rate([1, 0], [0.5, 0.1]).value == pytest.approx(2 / 12)


def test_hajek_with_equal_probabilities_is_wilson():
    # The linearised variance has n/(n-1), so the effective size is 199 of 200, and t(199) is 1.972.
    values = [1] * 60 + [0] * 140
    assert hajek_rate(values, [0.3] * 200).value == pytest.approx(0.3)
    assert hajek_rate(values, [0.3] * 200).ci95 == pytest.approx(score_interval(0.3, 199, 1.972), abs=1e-5)


def test_hajek_of_a_domain_leaves_the_others_out():
    # Within the domain 2 · 1 + 10 · 0 of 12; the third item is outside.
    rate = hajek_rate([1, 0, 1], [0.5, 0.1, 0.1], domain=[True, True, False])
    assert (rate.value, rate.n) == (pytest.approx(2 / 12), 2)


def test_hajek_knows_strata():
    # Strata that differ much and agree within: most of the variance lies between them.
    values, strata = [1] * 45 + [0] * 5 + [0] * 45 + [1] * 5, ["kept"] * 50 + ["rejected"] * 50
    plain, stratified = hajek_rate(values, [0.1] * 100), hajek_rate(values, [0.1] * 100, strata)
    assert stratified.value == plain.value == pytest.approx(0.5)
    assert stratified.ci95[1] - stratified.ci95[0] < 0.7 * (plain.ci95[1] - plain.ci95[0])


def test_unanimous_rate_keeps_its_doubt():
    # Kish's effective size of equal weights is n.
    assert hajek_rate([1] * 10, [0.2] * 10).ci95 == pytest.approx(wilson(10, 10).ci95)


def test_hajek_has_no_bias_where_the_plain_mean_has():
    # 2,000 kept (80 % plausible) sampled 10 times as densely as 18,000 rejected (30 %): truth 0.35.
    rng = np.random.default_rng(3)
    pi = np.repeat([0.1, 0.01], [200, 180])
    plausible = [np.r_[rng.random(200) < 0.8, rng.random(180) < 0.3] for _ in range(300)]
    rates = [hajek_rate(values, pi).value for values in plausible]
    assert np.mean(rates) == pytest.approx(0.35, abs=0.006)
    assert np.mean(plausible) > 0.5


def test_horvitz_thompson_knows_the_population():
    # 2 · 1 + 10 · 1 + 10 · 0 of 30; Hájek divides by 22 instead.
    rate = horvitz_thompson_rate([1, 1, 0], [0.5, 0.1, 0.1], population=30)
    assert (rate.value, rate.n) == (pytest.approx(12 / 30), 3)


def test_horvitz_thompson_equals_hajek_where_the_weights_sum_to_the_population():
    # Strata of 20 and 80, ten drawn of each.
    values, chance, strata = [1] * 7 + [0] * 3 + [1] * 2 + [0] * 8, [0.5] * 10 + [0.125] * 10, [0] * 10 + [1] * 10
    one, other = hajek_rate(values, chance, strata), horvitz_thompson_rate(values, chance, 100, strata)
    assert other.value == pytest.approx(one.value)
    assert other.ci95 == pytest.approx(one.ci95)


def test_horvitz_thompson_of_nothing_says_why():
    assert horvitz_thompson_rate([], [], 30).reason == "no judgments yet"


def test_stratified_variance_by_hand():
    # Stratum 0: 2/1 · ((1 - 2)² + (3 - 2)²) = 4. Stratum 1 has one item, compared with 0: 5² = 25.
    assert stratified_variance(np.array([1.0, 3, 5]), [0, 0, 1]) == pytest.approx(4 + 25)


def test_cluster_variance_by_hand():
    # Totals by co-buy 4 and 5, mean 4.5: 2/1 · (0.5² + 0.5²).
    assert stratified_variance(np.array([1.0, 3, 5]), clusters=["x", "x", "y"]) == pytest.approx(1)


def test_co_buys_across_strata_keep_what_they_share():
    # Strata x: 1, 3 and y: 5, 9, less their means -1, 1 and -2, 2; co-buys sum to -3 and 3: 2/1 · (9 + 9).
    u, strata = np.array([1.0, 3, 5, 9]), ["x", "x", "y", "y"]
    assert stratified_variance(u, strata, clusters=[1, 2, 1, 2]) == pytest.approx(36)


def test_co_buys_that_say_the_same_count_once():
    # 50 co-buys of 4 equal intentions are 50 units: the width is that of 50, not of 200.
    values, cobuys = np.repeat([1] * 30 + [0] * 20, 4), np.repeat(np.arange(50), 4)
    clustered, once = hajek_rate(values, [0.1] * 200, clusters=cobuys), hajek_rate([1] * 30 + [0] * 20, [0.1] * 50)
    assert clustered.ci95 == pytest.approx(once.ci95)
    assert clustered.n == 200


def test_unanimous_co_buys_keep_the_doubt_of_their_number():
    rate = hajek_rate([1] * 40, [0.1] * 40, clusters=np.repeat(np.arange(10), 4))
    assert rate.ci95 == pytest.approx(wilson(10, 10).ci95)


@pytest.mark.parametrize(
    ("df", "t"), [(1, 12.7062), (4, 2.7764), (5, 2.5706), (11, 2.2010), (29, 2.0452), (999, 1.9623)]
)
def test_t_quantile_of_the_tables(df, t):
    assert t95(df) == pytest.approx(t, abs=3e-4)


def test_estimate_has_a_reason_only_without_a_value():
    assert Estimate(0.5, (0.4, 0.6), 9).as_dict() == {"value": 0.5, "ci95": [0.4, 0.6], "n": 9}
    assert undefined("no judgments yet").as_dict()["reason"] == "no judgments yet"
