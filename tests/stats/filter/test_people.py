"""The filter against the majority of people like the annotators, against arithmetic, the labels' own clustering, and
known populations."""

import numpy as np
import pytest

from stats.crossed import crossed_rate
from stats.filter.complete import majority_truth
from stats.filter.people import Ballots, moved, people_quality
from stats.filter.quality import confusion
from stats.sample import sample_of


def quality(yes, kept, who, weights=None):
    """Of votes (items, votes) by `who`."""
    items, votes = yes.shape
    n, plausible, weight = np.full(items, votes), yes.sum(axis=1), np.ones(items) if weights is None else weights
    each = (np.repeat(values, votes) for values in (plausible, n, kept, weight))
    ballots = Ballots(who.ravel(), yes.ravel(), *each, np.ones(yes.size))
    return people_quality(plausible, n, kept, sample_of(items, weight), ballots)


def drawn(items=60, votes=3, annotators=6, seed=1):
    rng = np.random.default_rng(seed)
    who = rng.random((items, annotators)).argsort(axis=1)[:, :votes]
    yes = rng.random((items, votes)) < 1 / (1 + np.exp(-(0.6 + rng.normal(0, 1, annotators)[who])))
    return yes, rng.random(items) < 0.6, who


def test_a_vote_moves_the_majority_only_where_the_others_are_split():
    # Of three: yes of two is swung by half against one no among the other two; who is outvoted moves nothing.
    assert moved([1, 0, 1, 0], [2, 2, 3, 1], [3, 3, 3, 3]) == pytest.approx([0.5, 0, 0, -0.5])


def test_of_two_votes_each_moves_by_half_of_what_they_differ():
    assert moved([1, 0, 1, 1], [1, 1, 2, 1], [2, 2, 2, 1]) == pytest.approx([0.5, -0.5, 0, 0.5])


def test_the_values_are_those_of_these_annotators():
    yes, kept, who = drawn()
    weights = np.where(np.arange(60) < 20, 3.0, 1.0)
    alone = confusion(kept, majority_truth(yes.sum(axis=1), np.full(60, 3)), weights)
    for name, figure in quality(yes, kept, who, weights).items():
        assert figure.value == pytest.approx(getattr(alone, name).value)


def test_with_one_vote_an_item_precision_is_a_share_of_labels():
    # The kept are 30 items of 5 annotators: the share of yes among their labels, clustered both ways.
    rng = np.random.default_rng(3)
    who, kept = np.arange(60) % 5, np.arange(60) < 30
    yes = (rng.random(60) < np.where(who == 0, 0.1, 0.9))[:, np.newaxis]
    found, again = quality(yes, kept, who)["precision"], crossed_rate(yes[kept, 0], np.arange(30), who[kept])
    assert found.value == pytest.approx(again.value)
    assert found.ci95 == pytest.approx(again.ci95, abs=0.02)


def test_a_lenient_annotator_widens_precision():
    # Of every item one of three always says yes and one always no: the third decides, each by a taste of their own.
    rng = np.random.default_rng(2)
    who = np.tile([0, 1, 2], (90, 1))
    who[:, 2] = 2 + np.arange(90) % 3
    decides = rng.random(90) < np.array([0.95, 0.5, 0.1])[who[:, 2] - 2]
    yes = np.stack([np.ones(90), np.zeros(90), decides], axis=1) > 0
    people = quality(yes, np.ones(90, dtype=bool), who)["precision"]
    these = confusion(np.ones(90, dtype=bool), decides, np.ones(90)).precision
    assert np.diff(people.ci95)[0] > 2 * np.diff(these.ci95)[0]


def test_all_of_one_mind_have_an_interval():
    found = quality(np.ones((40, 3), dtype=bool), np.ones(40, dtype=bool), np.tile([0, 1, 2], (40, 1)))
    assert {name: each.value for name, each in found.items()} == {"accuracy": 1, "precision": 1, "recall": 1}
    assert found["accuracy"].ci95 == pytest.approx((0.4385, 1), abs=1e-4)  # 1/(1 + 1.96²/3)


@pytest.mark.parametrize(
    ("items", "annotators", "reason"),
    [(20, 3, "20 items are complete, and 30 are needed"), (40, 1, "one annotator says nothing of people like them")],
)
def test_what_is_undefined_says_why(items, annotators, reason):
    yes, kept, who = drawn(items, votes=1, annotators=annotators)
    assert quality(yes, kept, who)["precision"].reason == reason
