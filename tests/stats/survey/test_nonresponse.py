import numpy as np
import pytest

from stats.estimate import Estimate, undefined
from stats.rates import hajek_rate
from stats.survey.nonresponse import bounds, reweighted


def test_the_judged_of_a_stratum_speak_for_all_of_it():
    # 10 drawn of each; of b, which weighs 3, half is judged: each of these counts twice.
    judged, strata = [True] * 10 + [True] * 5 + [False] * 5, ["a"] * 10 + ["b"] * 10
    found = reweighted(judged, [1] * 10 + [3] * 10, strata)
    assert found.weights.tolist() == [1] * 10 + [6] * 5 + [0] * 5
    assert found.unjudged == pytest.approx(15 / 40)
    assert found.by_stratum == {"a": 0, "b": 0.5}


def test_a_stratum_half_unjudged_moves_no_figure():
    # a: all plausible, b: none; of 900 and 100 in the run, ten drawn of each, five of a judged: 0.9, not 0.818.
    judged, plausible = np.r_[np.arange(10) < 5, np.ones(10)].astype(bool), np.repeat([1, 0], 10)
    weights, strata = np.repeat([90, 10], 10), np.repeat(["a", "b"], 10)
    found = reweighted(judged, weights, strata)
    assert hajek_rate(plausible[judged], 1 / found.weights[judged]).value == pytest.approx(0.9)
    assert hajek_rate(plausible[judged], 1 / weights[judged]).value == pytest.approx(450 / 550)


def test_thirds_of_p_yes_speak_for_their_like():
    # 30 items in thirds: all of the first, 5 of the second, 8 of the third are judged.
    p_yes = np.repeat([0.1, 0.5, 0.9], 10)
    judged = np.r_[np.ones(10), np.arange(10) < 5, np.arange(10) < 8].astype(bool)
    weights = reweighted(judged, p_yes=p_yes).weights
    assert [weights[0], weights[10], weights[20]] == pytest.approx([1, 2, 10 / 8])


def test_thirds_with_few_judged_items_are_one():
    p_yes = np.repeat([0.1, 0.5, 0.9], 10)
    judged = np.r_[np.ones(10), np.arange(10) < 4, np.ones(10)].astype(bool)
    assert set(reweighted(judged, p_yes=p_yes).weights[judged]) == {30 / 24}


def test_without_p_yes_strata_are_the_classes():
    judged = np.arange(30) < 20
    assert set(reweighted(judged, p_yes=np.full(30, np.nan)).weights[judged]) == {1.5}


def test_rows_stand_for_their_items():
    found = reweighted([True, False], items=[3, 1])
    assert found.weights.tolist() == pytest.approx([4 / 3, 0])
    assert found.unjudged == 0.25


def test_all_judged_needs_no_word():
    found = reweighted([True] * 10, [2] * 10)
    assert (found.weights.tolist(), found.warning) == ([2] * 10, "")


def test_a_little_unjudged_needs_no_word():
    assert reweighted(np.arange(100) >= 4).warning == ""


def test_where_it_matters_it_is_said():
    judged, strata = np.r_[np.ones(90), np.arange(10) < 5].astype(bool), ["usedFor"] * 90 + ["isA"] * 10
    assert "stand for 5% of the run stay unjudged, most in isA (50%)" in reweighted(judged, strata=strata).warning


def test_a_stratum_without_a_judged_item_is_named():
    found = reweighted([True, False], strata=["a", "b"])
    assert (found.unheard, found.weights.tolist()) == (["b"], [1, 0])
    assert found.warning == "nothing is judged of b: figures leave it out"


def test_nothing_drawn():
    assert reweighted([]).as_dict() == {"unjudged": 0.0, "by_stratum": {}, "unheard": []}


def test_bounds_hold_whatever_the_unjudged_would_be():
    # A tenth unjudged of 80 %: 72 to 82 %.
    assert bounds(Estimate(0.8), 0.1) == pytest.approx((0.72, 0.82))
    assert bounds(undefined("no judgments yet"), 0.1) is None
