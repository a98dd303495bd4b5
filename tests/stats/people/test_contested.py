import numpy as np
import pytest

from stats.people.contested import contested, entropy, lenience, pairs, quality_by_votes


def test_entropy_in_bits():
    # log₂ 3 - 2/3 of two to one; NaN without votes.
    bits = entropy([[3, 0], [1, 1], [2, 1], [1, 3], [0, 0]])
    assert bits[:3] == pytest.approx([0, 1, np.log2(3) - 2 / 3])
    assert bits[3] == pytest.approx(0.811278, abs=1e-6)
    assert np.isnan(bits[4])


def test_three_categories_that_split_an_item():
    assert entropy([[1, 1, 1], [2, 2, 0]]) == pytest.approx([np.log2(3), 1])


def test_contested_first_and_among_equals_more_votes():
    assert contested([[3, 0], [1, 1], [2, 2], [2, 1], [0, 1], [0, 0]]).tolist() == [2, 1, 3]
    assert contested([[3, 0], [1, 1], [2, 2], [2, 1]], votes=3).tolist() == [2, 3]


def test_pairs_by_hand():
    # a, b on items 1, 2, 3: alike on 1 and 3; c on 3 only, unlike both.
    found = pairs([1, 1, 2, 2, 3, 3, 3], list("abababc"), [1, 1, 1, 0, 0, 0, 1])
    assert found.annotators.tolist() == ["a", "b", "c"]
    assert found.common.tolist() == [[3, 3, 1], [3, 3, 1], [1, 1, 1]]
    assert found.alike.tolist() == [[3, 2, 0], [2, 3, 0], [0, 0, 1]]
    assert (found.agreement(0, 1).value, found.agreement(0, 1).n) == (pytest.approx(2 / 3), 3)


def test_annotators_who_never_met():
    found = pairs([1, 2], ["a", "b"], [1, 1]).agreement(0, 1)
    assert (found.value, found.reason) == (None, "no item in common")


def test_lenience_by_hand():
    # a says yes on both items, where half and none of the others do: (1/2 + 1)/2.
    found = lenience([1, 1, 1, 2, 2], list("abcab"), [1, 1, 0, 1, 0])
    assert found["a"].value == pytest.approx((0.5 + 1) / 2)
    assert found["c"].value == pytest.approx(0 - 1)
    assert found["a"].n == 2


def test_a_lenient_annotator_is_told_from_the_items_luck():
    rng = np.random.default_rng(1)
    item, who = np.repeat(np.arange(300), 3), np.tile([0, 1, 2], 300)
    chance = np.repeat(rng.random(300), 3) * 0.6 + np.where(who == 0, 0.3, 0)
    found = lenience(item, who, rng.random(900) < chance)
    low, high = found[0].ci95
    assert low < 0.3 < high and low > 0.2
    assert found[1].ci95[1] < 0


def test_lenience_without_others():
    assert lenience([1], ["a"], [1])["a"].reason == "nobody else has judged these items"


def test_quality_by_votes():
    # One vote: 1 of 2 right. Two votes: the tie is out. Three: 2 of 2.
    found = quality_by_votes([1, 0, 1, 2, 2, 0], [1, 1, 2, 2, 3, 3], [True, True, True, True, True, False])
    assert {votes: (each.accuracy.value, each.accuracy.n) for votes, each in found.items()} == {
        1: (0.5, 2),
        2: (1, 1),
        3: (1, 2),
    }


def test_pairs_are_those_of_a_matrix_of_who_said_what():
    rng = np.random.default_rng(1)
    item, who, label = np.repeat(np.arange(50), 4), np.tile([0, 1, 2, 3], 50), rng.integers(0, 3, 200)
    said = np.zeros((3, 50, 4))
    said[label, item, who] = 1
    found = pairs(item, who, label)
    assert (found.common == said.sum(axis=0).T @ said.sum(axis=0)).all()
    assert (found.alike == sum(each.T @ each for each in said)).all()
