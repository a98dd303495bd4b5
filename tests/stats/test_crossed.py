"""Two-way clustered variance against statsmodels' OLS with cov_type cluster, and against arithmetic."""

import numpy as np
import pytest

from stats.crossed import crossed, crossed_difference, crossed_rate, crossed_share, wider_by
from stats.estimate import Estimate
from stats.rates import hajek_rate
from stats.sample import sample_of
from tests.stats.inference import columns, references

DATA, VALUES = columns("crossed"), references("crossed")["values"]
YES, WHO = DATA["yes"], (DATA["item"], DATA["annotator"])
T23 = 2.068657610  # 0.975 quantile of Student's t with 24 - 1 degrees of freedom


def test_variance_of_a_rate():
    variance, df = crossed(*WHO).variance((YES - YES.mean()) / len(YES))
    assert variance**0.5 == pytest.approx(VALUES["rate: clustered both ways"]["se"], rel=1e-8)
    assert df == 24 - 1


def test_ways_of_a_difference_of_arms():
    arm = DATA["arm"] == 1
    u = np.where(arm, (YES - YES[arm].mean()) / arm.sum(), -(YES - YES[~arm].mean()) / (~arm).sum())
    item, annotator, both = crossed(*WHO).ways(u, parameters=2)
    names = {"item": item, "annotator": annotator}
    assert {name: variance**0.5 for name, variance in names.items()} == pytest.approx(
        {name: VALUES[f"difference of arms: clustered by {name}"]["se"] for name in names}, rel=1e-8
    )
    expected = VALUES["difference of arms: clustered both ways"]["se"]
    assert (item + annotator - both) ** 0.5 == pytest.approx(expected, rel=1e-8)


def test_difference_of_arms():
    # Both ways 0.0430 is less than by item 0.0434: the larger is taken.
    found = crossed_difference(YES, DATA["arm"], *WHO)
    half = T23 * VALUES["difference of arms: clustered by item"]["se"]
    assert found.value == pytest.approx(VALUES["difference of arms: clustered both ways"]["value"])
    assert found.ci95 == pytest.approx((found.value - half, found.value + half), abs=1e-6)


def test_weights_that_are_alike_change_nothing():
    assert crossed_rate(YES, *WHO, np.full(len(YES), 3.0)).ci95 == pytest.approx(crossed_rate(YES, *WHO).ci95)


def test_an_item_counts_once_by_its_labels():
    # yes of 1/1 and 1/3 and 0/2: the mean of the shares is 4/9.
    item, annotator = [1, 2, 2, 2, 3, 3], list("aabcab")
    labels = np.array([1, 3, 3, 3, 2, 2])
    rate = crossed_rate([1, 1, 0, 0, 0, 0], item, annotator, 1 / labels)
    shares = hajek_rate([1, 1 / 3, 0], [1, 1, 1])
    assert rate.value == pytest.approx(shares.value) == pytest.approx(4 / 9)


def test_never_less_than_one_way():
    # Two annotators who say the opposite of each other: the items' sums are 0, so both ways would give less.
    item, annotator = np.repeat(np.arange(20), 2), np.tile([0, 1], 20)
    u = np.where(annotator, -1.0, 1.0)
    by_annotator = 2 / 1 * (20**2 + 20**2)
    by_label = 40 / 39 * 40
    variance, df = crossed(item, annotator).variance(u)
    assert by_annotator - by_label < variance == pytest.approx(by_annotator)
    assert df == 1


def test_strata_of_the_design_are_taken_out():
    strata = np.repeat([0, 1], 40)
    item, annotator = np.repeat(np.arange(40), 2), np.tile([0, 1, 2, 3], 20)
    yes = strata.astype(float)
    plain, stratified = (crossed(item, annotator, given).variance((yes - 0.5) / 80)[0] for given in (None, strata))
    assert stratified < plain / 2


def test_people_like_them_are_known_less_well():
    # Three annotators, one of whom always says no.
    item, annotator = np.repeat(np.arange(100), 3), np.tile([0, 1, 2], 100)
    yes = (annotator > 0).astype(float)
    people = crossed_rate(yes, item, annotator)
    these = hajek_rate(np.full(100, 2 / 3), np.ones(100))
    assert people.value == pytest.approx(these.value)
    assert wider_by(people, these) > 1 / 3


def test_width_compared():
    assert wider_by(Estimate(0.5, (0.3, 0.7)), Estimate(0.5, (0.4, 0.6))) == pytest.approx(1)
    assert wider_by(Estimate(0.5), Estimate(0.5, (0.4, 0.6))) is None


def test_a_share_of_one_has_an_interval():
    # Wilson's of as many as there are annotators: 1/(1 + 1.96²/3).
    rate = crossed_rate(np.ones(30), np.repeat(np.arange(10), 3), np.tile([0, 1, 2], 10))
    assert rate.ci95 == pytest.approx((0.4385, 1), abs=1e-4)


@pytest.mark.filterwarnings("error")
def test_where_all_agree_sums_of_another_moment_divide_nothing_by_zero():
    # Two items of two labels each that all say yes; of one annotator the sums have a label more.
    found = crossed_share([2, 2], [2, 2], sample_of(2), [1, 1.5], [1, 1.4])
    assert found.value == 1
    assert found.ci95 == crossed_rate([1, 1, 1, 1], [1, 1, 2, 2], ["a", "b", "a", "b"]).ci95
    assert crossed_share([2, 0], [2, 2], sample_of(2), [], []).reason == "no judgments yet"


@pytest.mark.parametrize(
    ("yes", "items", "annotators", "reason"),
    [
        ([], [], [], "no judgments yet"),
        ([1, 0], [1, 2], ["a", "a"], "one annotator says nothing of people like them"),
        ([1, 0], [1, 1], ["a", "b"], "one item says nothing of items like it"),
    ],
)
def test_what_is_undefined_says_why(yes, items, annotators, reason):
    assert crossed_rate(yes, items, annotators).reason == reason


def test_an_arm_without_judgments_says_so():
    assert crossed_difference([1, 0], [True, True], [1, 2], ["a", "b"]).reason == "one side has no judgments"


@pytest.mark.parametrize(("annotators", "at_least"), [(5, 0.90), (12, 0.93)])
def test_coverage(annotators, at_least):
    # 300 studies: the standard error of 95 % is 1.3 points.
    rng, held = np.random.default_rng(4), 0
    truth = (1 / (1 + np.exp(-(0.6 + rng.normal(0, np.hypot(1.2, 0.8), 500_000))))).mean()
    for _ in range(300):
        lenience, item = rng.normal(0, 0.8, annotators), rng.normal(0, 1.2, (100, 1))
        who = rng.random((100, annotators)).argsort(axis=1)[:, :3]
        yes = rng.random(who.shape) < 1 / (1 + np.exp(-(0.6 + item + lenience[who])))
        low, high = crossed_rate(yes.ravel(), np.repeat(np.arange(100), 3), who.ravel()).ci95
        held += low <= truth <= high
    assert held / 300 > at_least


def test_sums_by_item_and_by_annotator_give_the_same() -> None:
    rng = np.random.default_rng(8)
    item, annotator = (each.ravel() for each in np.meshgrid(np.arange(30), np.arange(5), indexing="ij"))
    drawn = rng.random(150) < 0.7
    item, annotator, yes = item[drawn], annotator[drawn], rng.random(drawn.sum()) < 0.6
    judged, said = np.bincount(item, minlength=30), np.bincount(item, yes, minlength=30)
    weight, stratum = np.where(np.arange(30) < 10, 4.0, 1.0), np.arange(30) < 10
    label = (weight / np.maximum(judged, 1))[item]
    by_annotator = np.bincount(annotator, label), np.bincount(annotator, label * yes)
    found = crossed_share(said, judged, sample_of(30, weight, stratum), *by_annotator)
    again = crossed_rate(yes, item, annotator, label, strata=stratum[item])
    assert (found.value, found.n) == (pytest.approx(again.value), again.n)
    assert found.ci95 == pytest.approx(again.ci95)
