import pytest

from stats.agreement.intra_rater import intra_rater


def test_percent_kappa_and_ac1_by_hand():
    # First n n y y, again n y y y: agreement 3/4. κ: p_e = 1/2 · 1/4 + 1/2 · 3/4. AC1: shares 3/8, 5/8, p_e = 30/64.
    result = intra_rater([0, 0, 1, 1], [0, 1, 1, 1], categories=2)
    assert result.percent.value == pytest.approx(3 / 4)
    assert result.kappa.value == pytest.approx((3 / 4 - 1 / 2) / (1 - 1 / 2))
    assert result.ac1.value == pytest.approx((3 / 4 - 30 / 64) / (1 - 30 / 64))


def test_grouped_repeats_equal_single_ones():
    grouped = intra_rater([0, 0, 1], [0, 1, 1], 2, items=[5, 2, 4])
    single = intra_rater([0] * 7 + [1] * 4, [0] * 5 + [1] * 6, 2)
    assert grouped.ac1.ci95 == pytest.approx(single.ac1.ci95)
    assert grouped.kappa == single.kappa


def test_without_repeats_it_says_so():
    leaves = intra_rater([], [], 4).as_dict()
    assert {leaf["reason"] for leaf in leaves.values()} == {"no item has two judgments"}


def test_always_the_same_answer_has_a_percentage_only():
    result = intra_rater([1, 1, 1], [1, 1, 1], 2)
    assert (result.percent.value, result.kappa.value, result.ac1.value) == (1, None, None)
