"""Win rates and circles by arithmetic; clusters against statsmodels' sandwich in ties.json."""

import numpy as np
import pytest

from stats.crossed import crossed
from stats.intervals import Z95
from stats.preference.davidson import TIE, compared
from stats.preference.rates import NO_TRIPLES, circular_triples, share_of
from stats.preference.strengths import OF_ONE, ONE_COBUY, bradley_terry, clusters, length_adjusted
from tests.stats.preference.ties import DATA, LEFT, NAMES, OUTCOME, RIGHT, VALUES

BY = clusters(DATA["cobuy"], DATA["annotator"])


def test_a_tie_is_half_a_win():
    # (1 + 1 + 0.5 + 0)/4
    assert share_of([1, 1, 0.5, 0], [1, 2, 3, 4], list("abab")).value == pytest.approx(2.5 / 4)


def test_one_annotator_speaks_for_themselves():
    rate = share_of([1, 1, 0, 0], [1, 2, 3, 4], list("aaaa"))
    assert (rate.value, rate.note) == (0.5, OF_ONE)
    assert rate.ci95 is not None


def test_one_cobuy_says_nothing():
    assert share_of([1, 0], [1, 1], list("ab")).reason == ONE_COBUY


def test_among_some_of_them():
    decided = OUTCOME != TIE
    found = share_of(OUTCOME == 0, DATA["cobuy"], DATA["annotator"], among=decided)
    alone = share_of(OUTCOME[decided] == 0, DATA["cobuy"][decided], DATA["annotator"][decided])
    assert found == alone
    assert found.value == pytest.approx(290 / (290 + 293))  # answers of ties.json


def test_strengths_have_intervals_of_two_way_clusters():
    # Never under the sandwich by co-buy, which statsmodels' scores give, with the normal quantile.
    found = bradley_terry(compared(LEFT, RIGHT, OUTCOME), len(NAMES), BY)
    expected = VALUES["Davidson"]["se_clustered_by_cobuy"]
    for name, strength in zip(NAMES, found.strengths, strict=True):
        assert (strength.ci95[1] - strength.ci95[0]) / 2 >= Z95 * expected[name] * (1 - 1e-4)


def test_what_annotators_add_is_added():
    # Two annotators who say the opposite on 20 co-buys: V_cobuy = 0, V_annotator = 2/1·2·20², V_both = 40/39·40.
    cobuy, annotator = np.repeat(np.arange(20), 2), np.tile([0, 1], 20)
    variance, df = clusters(cobuy, annotator).variance(np.where(annotator, -1.0, 1.0))
    assert variance == pytest.approx(2 * 2 * 20**2 - 40 / 39 * 40)
    assert df == pytest.approx(1)


def test_annotators_who_agree_add_nothing():
    cobuy, annotator = np.repeat(np.arange(20), 2), np.tile([0, 1], 20)
    u = np.where(cobuy % 2, -1.0, 1.0)
    variance, df = clusters(cobuy, annotator).variance(u)
    assert variance == pytest.approx(crossed(cobuy, annotator).ways(u)[0])
    assert df == pytest.approx(19)


def test_position_is_of_the_left_side():
    found = bradley_terry(compared(LEFT, RIGHT, OUTCOME), len(NAMES), BY)
    assert found.position.value == pytest.approx(VALUES["Davidson with position"]["log_position"], abs=1e-5)


def test_no_strength_has_a_reason():
    found = bradley_terry(compared([0, 0], [1, 1], [0, 0]), 2, clusters([1, 2], list("ab")))
    assert [each.value for each in found.strengths] == [None, None]
    assert "no bound" in found.strengths[0].reason


def test_length_explains_what_length_decides():
    # The longer one wins in nine of ten, whoever wrote it; run 0 is longer in three of four.
    rng = np.random.default_rng(1)
    n = 4_000
    longer = rng.random(n) < 0.75
    wins = np.where(rng.random(n) < 0.9, longer, ~longer)
    left_is_0 = rng.random(n) < 0.5
    ratio = np.where(longer == left_is_0, 1.0, -1.0)
    data = compared(np.where(left_is_0, 0, 1), np.where(left_is_0, 1, 0), np.where(wins == left_is_0, 0, 1))
    adjusted = length_adjusted(data, ratio, clusters(np.arange(n), np.arange(n) % 20))
    assert wins.mean() == pytest.approx(0.75 * 0.9 + 0.25 * 0.1, abs=0.03)
    assert adjusted.ci95[0] < 0.5 < adjusted.ci95[1]


def test_length_adjusted_without_difference_is_the_win_rate():
    # 6 wins, 3 losses, 3 ties, lengths that say nothing: (6 + 1.5)/12.
    sides = np.array([0, 1] * 6)
    first = np.array([0] * 6 + [1] * 3 + [2] * 3)
    outcome = np.where((sides == 1) & (first != TIE), 1 - first, first)
    ratio = np.where(np.arange(12) % 4 < 2, 0.1, -0.1) * np.where(sides == 0, 1, -1)
    found = length_adjusted(compared(sides, 1 - sides, outcome), ratio, clusters(np.arange(12), np.arange(12) % 3))
    assert found.value == pytest.approx(7.5 / 12, abs=0.02)


def test_a_circle_and_a_row():
    # Unit 1: 0 over 1, 1 over 2, 2 over 0. Unit 2: 0 over 1 and 2, 1 over 2. Unit 3 has a pair without majority.
    pairs = [(1, 0, 1, 2), (1, 1, 2, 1), (1, 0, 2, -1), (2, 0, 1, 1), (2, 0, 2, 1), (2, 1, 2, 3), (3, 0, 1, 1)]
    pairs += [(3, 1, 2, 0), (3, 0, 2, 1)]
    found = circular_triples(*zip(*pairs, strict=True))
    assert (found.value, found.n) == (0.5, 2)


def test_no_triples_with_two_runs():
    assert circular_triples([1, 2], [0, 0], [1, 1], [1, 1]).reason == NO_TRIPLES
