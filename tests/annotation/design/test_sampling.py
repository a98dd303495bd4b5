import numpy as np
import pytest

from annotation.design.sampling import allocate_equal, allocate_proportional, draw


def drawn(sizes: dict[str, int], n: int, seed: int = 0) -> list:
    population, start = {}, 0
    for name, size in sizes.items():
        population[name] = np.arange(start, start + size)
        start += size
    return draw(population, allocate_equal(sizes, n), np.random.default_rng(seed))


def test_shares_are_equal_where_the_strata_are_large_enough() -> None:
    assert allocate_equal({"a": 100, "b": 50, "c": 70}, 30) == {"a": 10, "b": 10, "c": 10}


def test_what_a_small_stratum_lacks_goes_to_the_others() -> None:
    # 30 / 3 = 10 each; b has only 4, so its other 6 are shared out, 3 and 3.
    assert allocate_equal({"a": 100, "b": 4, "c": 70}, 30) == {"a": 13, "b": 4, "c": 13}


def test_a_remainder_is_given_one_by_one() -> None:
    shares = allocate_equal({"a": 9, "b": 9, "c": 9}, 8)
    assert sorted(shares.values()) == [2, 3, 3]


def test_proportional_shares_follow_the_sizes() -> None:
    # One each first; then 7 over 59, 29, 9 of 97: 4.26, 2.09, 0.65, so the last one goes to c.
    assert allocate_proportional({"a": 60, "b": 30, "c": 10}, 10) == {"a": 5, "b": 3, "c": 2}


def test_proportional_shares_leave_no_stratum_out_where_they_can() -> None:
    assert allocate_proportional({"a": 998, "b": 1, "c": 1}, 5) == {"a": 3, "b": 1, "c": 1}
    assert allocate_proportional({"a": 998, "b": 1, "c": 1}, 2) == {"a": 2, "b": 0, "c": 0}


@pytest.mark.parametrize("n", range(1, 34))
def test_proportional_shares_add_up_and_can_be_given(n: int) -> None:
    sizes = {"a": 20, "b": 3, "c": 10}
    shares = allocate_proportional(sizes, n)
    assert sum(shares.values()) == n
    assert all(shares[name] <= size for name, size in sizes.items())


@pytest.mark.parametrize("n", [1, 2, 7, 19, 33])
def test_as_many_are_drawn_as_asked_for_and_none_twice(n: int) -> None:
    ids = [each.id for each in drawn({"a": 20, "b": 3, "c": 10}, n)]
    assert len(ids) == len(set(ids)) == n


def test_inclusion_probabilities_of_a_whole_stratum_sum_to_its_share() -> None:
    # 6 of 20 and 6 of 60: each id of a stratum has n_h / N_h, and N_h of them make n_h.
    chances = {each.stratum: each.inclusion_probability for each in drawn({"a": 20, "b": 60}, 12)}
    assert chances == {"a": 6 / 20, "b": 6 / 60}
    assert 20 * chances["a"] == pytest.approx(6)


def test_weights_of_a_sample_sum_to_the_population() -> None:
    # The reciprocals of the inclusion probabilities: 6 · 20/6 + 6 · 60/6 = 80.
    assert sum(1 / each.inclusion_probability for each in drawn({"a": 20, "b": 60}, 12)) == pytest.approx(80)


def test_the_same_seed_draws_the_same_sample_in_the_same_order() -> None:
    assert drawn({"a": 50, "b": 50}, 20, seed=7) == drawn({"a": 50, "b": 50}, 20, seed=7)


def test_another_seed_draws_another_sample() -> None:
    assert drawn({"a": 50, "b": 50}, 20, seed=7) != drawn({"a": 50, "b": 50}, 20, seed=8)


def test_the_whole_population_is_certain() -> None:
    sample = drawn({"a": 5, "b": 2}, 7)
    assert {each.id for each in sample} == set(range(7))
    assert {each.inclusion_probability for each in sample} == {1.0}


def test_strata_are_mixed_in_the_order_of_judging() -> None:
    strata = [each.stratum for each in drawn({"a": 50, "b": 50}, 40)]
    assert strata != sorted(strata)


def test_every_id_is_drawn_equally_often() -> None:
    # 2 of 5 in 2,000 draws: 800 each, standard deviation √(2000 · 0.4 · 0.6) ≈ 22; 5 of them are 110.
    times = np.bincount([each.id for seed in range(2000) for each in drawn({"a": 5}, 2, seed)])
    assert np.all(np.abs(times - 800) < 110)
