import numpy as np
import pytest

from stats.filter.complete import against_majority, majority_truth
from stats.filter.quality import confusion


def test_a_tie_is_one_half():
    assert majority_truth([2, 1, 1, 0], [3, 3, 2, 4]).tolist() == [1, 0, 0.5, 0]
    assert np.isnan(majority_truth([0], [0])).all()


def test_only_complete_items_speak():
    # 30 complete, 24 of them rightly kept; 10 with a single vote against are still asked.
    yes, judged, complete = [3] * 24 + [0] * 6 + [0] * 10, [3] * 30 + [1] * 10, [True] * 30 + [False] * 10
    found = against_majority(yes, judged, complete, [True] * 40)
    assert (found.complete, found.ties) == (30, 0)
    assert found.quality.accuracy.value == pytest.approx(24 / 30)


def test_ties_count_one_half_and_are_told():
    # Kept: 20 plausible, 10 tied; rejected: 6 implausible, 4 tied. Accuracy (20 + 5 + 6 + 2) / 40.
    yes, kept = [2] * 20 + [1] * 10 + [0] * 6 + [1] * 4, [True] * 30 + [False] * 10
    found = against_majority(yes, [2] * 40, [True] * 40, kept)
    quality = found.quality
    assert (found.ties, quality.tp, quality.tn, quality.fp) == (14, 20, 6, 0)
    assert quality.accuracy.value == pytest.approx(33 / 40)
    assert quality.precision.value == pytest.approx(25 / 30)
    assert quality.recall.value == pytest.approx(25 / 27)
    # 2 tp/(2 tp + fp + fn) with tp 25, fp 5, fn 2.
    assert quality.f1.value == pytest.approx(50 / 57)


def test_mcc_of_ties_is_that_of_the_halved_table():
    # tp 25, fp 5, fn 2, tn 8.
    yes, kept = [2] * 20 + [1] * 10 + [0] * 6 + [1] * 4, [True] * 30 + [False] * 10
    mcc = against_majority(yes, [2] * 40, [True] * 40, kept).quality.mcc
    assert mcc.value == pytest.approx((25 * 8 - 5 * 2) / np.sqrt(30 * 27 * 13 * 10))


def test_until_thirty_are_complete_there_is_no_accuracy():
    found = against_majority([3] * 29, [3] * 29, [True] * 29, [True] * 29)
    assert found.quality.accuracy.reason == "29 items are complete, and 30 are needed"
    assert found.quality.tp == 29


def test_rows_stand_for_their_items():
    found = against_majority([3, 0], [3, 3], [True, True], [True, True], items=[24, 6], weights=[1, 4])
    # 24 of weight 1 are plausible, 6 of weight 4 are not.
    assert (found.complete, found.quality.precision.value) == (30, pytest.approx(0.5))


def test_without_ties_it_is_the_confusion_table():
    kept, yes = np.arange(60) % 3 > 0, np.arange(60) % 4
    found = against_majority(yes, np.full(60, 3), np.full(60, True), kept)
    assert found.quality == confusion(kept, yes >= 2)


def test_nothing_complete_says_so():
    found = against_majority([1], [1], [False], [True])
    assert found.as_dict()["accuracy"]["reason"] == "0 items are complete, and 30 are needed"
