import numpy as np
import pytest

from stats.agreement.cohen import cohen_kappa, mean_kappa

# Fleiss, Cohen and Everitt 1969, table 1: shares of 200 patients, diagnoses of two psychiatrists.
FCE_1969 = np.array([[0.53, 0.05, 0.02], [0.11, 0.14, 0.05], [0.01, 0.06, 0.03]]) * 200
# Fleiss, Levin and Paik 2003, table 18.1: 100 patients.
FLEISS_2003 = np.array([[75, 1, 4], [5, 4, 1], [0, 0, 10]])


def test_kappa_of_fleiss_cohen_everitt_1969():
    # Published: κ = 0.429 with variance 0.002885.
    kappa = cohen_kappa(FCE_1969)
    half = 1.96 * np.sqrt(0.002885)
    assert kappa.value == pytest.approx(0.429, abs=5e-4)
    assert kappa.ci95 == pytest.approx((0.4286 - half, 0.4286 + half), abs=1e-4)


def test_kappa_of_fleiss_2003():
    # Published: κ = 0.68, standard error 0.087.
    kappa = cohen_kappa(FLEISS_2003)
    assert (kappa.value, kappa.n) == (pytest.approx(0.68, abs=5e-3), 100)
    assert (kappa.ci95[1] - kappa.value) / 1.96 == pytest.approx(0.087, abs=1e-3)


def test_kappa_by_hand():
    # p_o = 3/4; margins 1/2, 1/2 and 1/4, 3/4: p_e = 1/8 + 3/8.
    assert cohen_kappa([[1, 1], [0, 2]]).value == pytest.approx((3 / 4 - 1 / 2) / (1 - 1 / 2))


def test_chance_agreement_is_zero():
    # Cells are products of the margins 3/5, 2/5 and 1/4, 3/4.
    assert cohen_kappa(np.outer([3, 2], [1, 3])).value == pytest.approx(0)


@pytest.mark.parametrize(
    ("table", "reason"),
    [([[0, 0], [0, 0]], "no item has two judgments"), ([[5, 0], [0, 0]], "all judgments fall into one category")],
)
def test_undefined_says_why(table, reason):
    assert (cohen_kappa(table).value, cohen_kappa(table).reason) == (None, reason)


def test_perfect_agreement_claims_no_interval():
    assert (cohen_kappa([[3, 0], [0, 4]]).value, cohen_kappa([[3, 0], [0, 4]]).ci95) == (1, None)


def long(*columns: str) -> tuple[list[int], list[int], list[str]]:
    """Labels of annotators 0, 1, … as one text each, a letter an item."""
    rows = [(i, a, label) for a, text in enumerate(columns) for i, label in enumerate(text) if label != "."]
    return tuple(map(list, zip(*rows, strict=True)))


def test_mean_over_pairs_by_hand():
    # 0 and 1: p_o = 3/4, p_e = 1/2. 0 and 2: p_o = 2/4, p_e = 1/2. 1 and 2: p_o = 1/4, p_e = 1/2.
    mean = mean_kappa(*long("yynn", "ynnn", "nyny"), common=4)
    kappas = [cohen_kappa(table).value for table in ([[1, 1], [0, 2]], [[1, 1], [1, 1]], [[0, 1], [2, 1]])]
    assert (mean.value, mean.n) == (pytest.approx(np.mean(kappas)), 3)


def test_pairs_with_little_in_common_are_left_out():
    labels = long("yynnyynn", "ynnnyynn", "......yy")
    assert mean_kappa(*labels, common=3).n == 1
    assert mean_kappa(*labels, common=9).reason.startswith("no two annotators have 9 items in common")


def test_mean_of_one_pair_is_cohens_kappa():
    rng = np.random.default_rng(0)
    first = rng.integers(0, 3, 400)
    second = np.where(rng.random(400) < 0.7, first, rng.integers(0, 3, 400))
    table = np.zeros((3, 3))
    np.add.at(table, (first, second), 1)
    mean = mean_kappa(np.tile(np.arange(400), 2), np.repeat([0, 1], 400), np.r_[first, second])
    assert mean.value == pytest.approx(cohen_kappa(table).value)
    assert mean.ci95 == pytest.approx(cohen_kappa(table).ci95, abs=1e-3)


def test_interval_of_the_mean_equals_the_bootstrap_over_items():
    rng = np.random.default_rng(3)
    truth = rng.random((200, 1)) < 0.5
    labels = np.where(rng.random((200, 4)) < 0.8, truth, ~truth).astype(int)

    def mean_of(rows: np.ndarray):
        return mean_kappa(np.repeat(np.arange(200), 4), np.tile(np.arange(4), 200), labels[rows].ravel())

    values = [mean_of(rng.integers(0, 200, 200)).value for _ in range(300)]
    assert mean_of(np.arange(200)).ci95 == pytest.approx(tuple(np.percentile(values, [2.5, 97.5])), abs=0.03)
