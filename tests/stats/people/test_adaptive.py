import numpy as np
import pytest

from stats.people.adaptive import entropy, further_votes, vote_posteriors, vote_worth

# Right in 80 %, of either category.
CONFUSION = np.array([[0.8, 0.2], [0.2, 0.8]])


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_entropy_in_bits():
    assert entropy([[0.5, 0.5], [1, 0], [0.25, 0.75]]) == pytest.approx([1, 0, 0.811278], abs=1e-6)


def test_posteriors_by_bayes():
    # Two of three say yes: 0.8²·0.2 against 0.2²·0.8, so 4 to 1.
    posteriors = vote_posteriors([[1, 2], [1, 1]], [0.5, 0.5], CONFUSION)
    assert posteriors == pytest.approx(np.array([[0.2, 0.8], [0.5, 0.5]]))


def test_a_vote_on_a_toss_up_is_worth_what_the_channel_carries():
    # 1 - H(0.2) = 0.278 bits, the capacity of a binary symmetric channel.
    assert vote_worth([[0.5, 0.5]], CONFUSION) == pytest.approx([1 - 0.721928], abs=1e-6)


def test_what_is_known_is_worth_no_vote():
    assert vote_worth([[1, 0]], CONFUSION) == pytest.approx([0])


def test_who_guesses_tells_nothing():
    assert vote_worth([[0.5, 0.5]], [[0.5, 0.5], [0.5, 0.5]]) == pytest.approx([0])


def test_the_contested_come_first():
    # 3 to 0, 2 to 1, 1 to 1 votes.
    posteriors = vote_posteriors([[0, 3], [1, 2], [1, 1]], [0.5, 0.5], CONFUSION)
    found = further_votes(posteriors, CONFUSION, [True] * 3, 2, rng=rng())
    assert found.items.tolist() == [2, 1]
    assert found.worth[0] > found.worth[1]


def test_only_where_somebody_may_be_asked():
    posteriors = np.full((3, 2), 0.5)
    found = further_votes(posteriors, CONFUSION, [False, True, False], 3, rng=rng())
    assert found.items.tolist() == [1]


def test_alike_come_in_random_order():
    posteriors = np.full((50, 2), 0.5)
    order = further_votes(posteriors, CONFUSION, np.ones(50), 50, rng=rng()).items
    assert sorted(order) == list(range(50))
    assert order.tolist() != list(range(50))


def test_nothing_to_ask():
    assert further_votes(np.empty((0, 2)), CONFUSION, [], 5, rng=rng()).items.tolist() == []
    assert further_votes([[0.5, 0.5]], CONFUSION, [True], 0, rng=rng()).items.tolist() == []
