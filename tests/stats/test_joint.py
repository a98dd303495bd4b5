import numpy as np
import pytest

from stats.joint import plausible_but_atypical

# Agresti 2002, table 2.8: income by job satisfaction of 96 people.
AGRESTI = np.array([[1, 3, 10, 6], [2, 3, 10, 7], [1, 6, 14, 12], [0, 1, 9, 11]])


def one_each(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A row for each cell, as many items as it counts, each judged once."""
    return np.eye(table.size).reshape(table.size, *table.shape), table.ravel()


def test_shares_by_hand():
    # An item of two: plausible and typical, plausible and atypical. An item of one: implausible.
    counts = [[[0, 0], [1, 1]], [[1, 0], [0, 0]]]
    joint = plausible_but_atypical(counts, plausible_from=1, typical_from=1)
    assert joint.atypical.value == pytest.approx((1 / 2 + 0) / 2)
    assert joint.atypical_of_plausible.value == pytest.approx((1 / 2) / (1 + 0))
    assert joint.table == [[0.5, 0], [0.25, 0.25]]


def test_gamma_of_agresti():
    # Concordant 1,331 and discordant 849 pairs: γ = (1331 - 849)/(1331 + 849) = 0.221, standard error 0.117.
    counts, items = one_each(AGRESTI)
    gamma = plausible_but_atypical(counts, 2, 2, items=items).gamma
    assert (gamma.value, gamma.n) == (pytest.approx((1331 - 849) / (1331 + 849)), 96)
    assert (gamma.ci95[1] - gamma.ci95[0]) / (2 * 1.985) == pytest.approx(0.117, abs=5e-3)


def test_weights_speak_of_the_run():
    # Plausible and atypical of weight 1, implausible of weight 3.
    joint = plausible_but_atypical([[[0, 0], [1, 0]], [[1, 0], [0, 0]]], 1, 1, [1, 3])
    assert joint.atypical.value == pytest.approx(1 / 4)


def test_gamma_interval_equals_the_bootstrap_over_items():
    rng = np.random.default_rng(2)
    plausible = rng.integers(0, 3, 300)
    typical = np.clip(plausible + rng.integers(-1, 2, 300), 0, 2)
    counts = np.zeros((300, 3, 3))
    counts[np.arange(300), plausible, typical] = 1
    values = [plausible_but_atypical(counts[rng.integers(0, 300, 300)], 1, 1).gamma.value for _ in range(300)]
    assert plausible_but_atypical(counts, 1, 1).gamma.ci95 == pytest.approx(
        tuple(np.percentile(values, [2.5, 97.5])), abs=0.03
    )


def test_undefined_says_why():
    nothing = plausible_but_atypical(np.zeros((1, 2, 2)), 1, 1)
    assert (nothing.table, nothing.gamma.reason) == (None, "no judgments yet")
    same = plausible_but_atypical([[[2, 1], [0, 0]]], 1, 1)
    assert same.gamma.reason == "all judgments share a plausibility or a typicality"
    assert same.atypical_of_plausible.reason == "nobody found anything plausible"
