import numpy as np
import pytest

from benchmarks.evaluations.coverage import coverage
from stats.matched import across_trainings, clustered_difference, holm, matched, mcnemar_exact
from tests.stats.inference import columns, references

PAIRED = references("paired")["values"]


def paired() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = columns("paired")
    return rows["a"], rows["b"], rows["cobuy"]


def test_the_four_cells_and_exact_mcnemar_equal_statsmodels():
    told = matched(*paired())
    assert (told.both, told.lost, told.won, told.neither) == (234, 75, 112, 123)
    assert told.p_exact == pytest.approx(PAIRED["McNemar exact"]["p_value"], abs=1e-10)


def test_the_difference_by_co_buy_equals_statsmodels():
    told, wanted = matched(*paired()), PAIRED["difference, clustered by co-buy"]
    assert told.difference.value == pytest.approx(wanted["value"], abs=1e-8)
    assert told.se == pytest.approx(wanted["se"], abs=1e-8)
    assert told.difference.ci95 == pytest.approx(wanted["ci95"], abs=1e-8)


def test_obuchowski_equals_the_reference():
    told, wanted = matched(*paired()), PAIRED["clustered McNemar, Obuchowski"]
    assert told.statistic == pytest.approx(wanted["statistic"], abs=1e-8)
    assert told.p_value == pytest.approx(wanted["p_value"], abs=1e-8)
    assert told.design_effect == pytest.approx(references("paired")["design_effect"], abs=1e-8)


def test_the_interval_is_not_that_of_independent_questions():
    low, high = matched(*paired()).difference.ci95
    wrong = PAIRED["difference, bootstrap over rows (WRONG)"]["ci95"]
    assert high - low > 1.15 * (wrong[1] - wrong[0])


def test_small_and_exact():
    rows, wanted = columns("paired_small"), references("paired_small")["values"]["McNemar exact"]
    told = matched(rows["a"], rows["b"], rows["item"])
    assert told.p_exact == pytest.approx(wanted["p_value"], abs=1e-10)
    assert told.design_effect == pytest.approx(56 / 55)  # a question is a cluster: only G/(G - 1)


def test_mcnemar_by_hand():
    # Won 3, lost 0: 2 · (1/2)³. Nothing changed: 1.
    assert (mcnemar_exact(3, 0), mcnemar_exact(0, 0), mcnemar_exact(5, 5)) == (0.25, 1.0, 1.0)


def test_nothing_changed_has_no_width_and_no_test():
    told = matched([1, 0, 1], [1, 0, 1], [1, 1, 2])
    assert (told.difference.value, told.difference.ci95, told.p_value, told.detectable) == (0, None, None, None)


def test_no_question_says_why():
    assert matched([], [], []).difference.reason == "no question was answered by both"


def test_what_can_be_resolved():
    # The reference's standard error .0302: (1.960 + 0.842) · .0302 = .0846, found with a probability of 0.8.
    told = matched(*paired())
    assert told.detectable == pytest.approx(0.0846, abs=1e-4)
    assert told.power(told.detectable) == pytest.approx(0.8)


def test_trainings_that_differ_widen_the_interval():
    # Nine trainings of equal gain say what one says; gains of .02, .06 and .10 (S = .04) add .04²/3.
    rng = np.random.default_rng(3)
    cluster = np.arange(400) // 2
    base = rng.choice([-1, 0, 1], 400, p=[0.1, 0.74, 0.16]).astype(float)
    same = across_trainings([base] * 9, cluster).ci95
    assert same == pytest.approx(clustered_difference(np.zeros(400), base, cluster)[0].ci95, rel=1e-6)
    apart = across_trainings([base - 0.04, base, base + 0.04], cluster)
    half = (apart.ci95[1] - apart.ci95[0]) / 2
    assert half > 1.96 * np.sqrt(((same[1] - same[0]) / 2 / 1.972) ** 2 + 0.04**2 / 3)


def test_two_trainings_do_not_speak_of_the_method():
    assert "three trainings" in across_trainings([[1, 0], [0, 1]], [1, 2]).reason


def test_the_interval_keeps_its_word():
    """1,000 worlds (`make bench ARGS=intentionqa` has 4,000): 95 % by 3 standard errors of .007."""
    held, rejected = coverage(1_000, seed=5)
    assert 0.93 <= held <= 0.97
    assert 0.03 <= rejected <= 0.07


def test_holm_by_hand():
    # .01 · 4, .03 · 2, .03 before it forces .04 · 1 up to .06, .02 · 3: never smaller than a smaller p's.
    assert holm([0.01, 0.04, 0.03, 0.02]) == pytest.approx([0.04, 0.06, 0.06, 0.06])
    assert holm([]) == []
