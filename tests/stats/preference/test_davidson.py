"""Bradley-Terry with ties against statsmodels' Poisson GLM, as in ties.json, and against arithmetic."""

import numpy as np
import pytest

from stats.crossed import crossed
from stats.preference.davidson import ALL_TIES, APART, NOTHING, Davidson, compared, davidson
from tests.stats.preference.ties import DATA, LEFT, NAMES, OUTCOME, RIGHT, VALUES

POSITION = np.ones(len(LEFT))


def fitted(*covariates) -> Davidson:
    found = davidson(compared(LEFT, RIGHT, OUTCOME, *covariates), len(NAMES))
    assert isinstance(found, Davidson)
    return found


@pytest.mark.parametrize(("kind", "covariates"), [("Davidson", ()), ("Davidson with position", (POSITION,))])
def test_strengths_and_errors_as_statsmodels_has_them(kind, covariates):
    found, expected = fitted(*covariates), VALUES[kind]
    assert found.strengths == pytest.approx([expected["log_strength"][name] for name in NAMES], abs=1e-5)
    assert found.log_nu == pytest.approx(expected["log_nu"], abs=1e-5)
    errors = np.sqrt(np.diag(found.covariance))
    wanted = [*(expected["se"][name] for name in NAMES), expected["se_log_nu"]]
    assert errors[: len(wanted)] == pytest.approx(wanted, rel=1e-4)
    assert found.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-5)


@pytest.mark.parametrize(("kind", "covariates"), [("Davidson", ()), ("Davidson with position", (POSITION,))])
def test_errors_clustered_by_cobuy(kind, covariates):
    design = crossed(DATA["cobuy"], DATA["annotator"])
    influence = fitted(*covariates).influence
    errors = [design.ways(influence[:, place])[0] ** 0.5 for place in range(len(NAMES))]
    expected = VALUES[kind]["se_clustered_by_cobuy"]
    assert errors == pytest.approx([expected[name] for name in NAMES], rel=1e-4)


def test_position():
    found, expected = fitted(POSITION), VALUES["Davidson with position"]
    assert found.slopes == pytest.approx([expected["log_position"]], abs=1e-5)
    assert found.covariance[-1, -1] ** 0.5 == pytest.approx(expected["se_log_position"], rel=1e-4)


def test_two_runs_by_arithmetic():
    # 6 wins, 3 losses, 3 ties: p_0/p_1 = 6/3, so log p = ± log(2)/2; ν = ties/√(wins·losses) = 3/√18.
    found = davidson(compared([0] * 12, [1] * 12, [0] * 6 + [1] * 3 + [2] * 3), 2)
    assert found.strengths == pytest.approx([np.log(2) / 2, -np.log(2) / 2])
    assert np.exp(found.log_nu) == pytest.approx(3 / np.sqrt(6 * 3))


def test_without_ties_it_is_bradley_terry():
    found = davidson(compared([0] * 9, [1] * 9, [0] * 6 + [1] * 3), 2)
    assert found.log_nu is None
    assert found.strengths == pytest.approx([np.log(2) / 2, -np.log(2) / 2])


def test_which_side_is_named_first_changes_nothing():
    swapped = np.array([1, 0, 2])[OUTCOME]
    found = davidson(compared(RIGHT, LEFT, swapped), len(NAMES))
    assert found.strengths == pytest.approx(fitted().strengths, abs=1e-9)


def test_weights_count_rows():
    doubled = davidson(compared([0, 0, 0], [1, 1, 1], [0, 1, 2], None, [4, 2, 2]), 2)
    rows = davidson(compared([0] * 4, [1] * 4, [0, 0, 1, 2]), 2)
    assert doubled.strengths == pytest.approx(rows.strengths)


@pytest.mark.parametrize(
    ("outcome", "reason"), [([], NOTHING), ([2, 2], ALL_TIES), ([0, 0, 0], APART)], ids=["none", "ties", "apart"]
)
def test_no_finite_estimate_has_a_reason(outcome, reason):
    assert davidson(compared([0] * len(outcome), [1] * len(outcome), outcome), 2) == reason


def test_a_run_that_nobody_compared():
    assert davidson(compared([0, 0], [1, 1], [0, 1]), 3) == APART
