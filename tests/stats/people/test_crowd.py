"""Models of annotators against crowd-kit and an EM of the same papers, on 300 simulated items."""

import numpy as np
import pytest

from stats.people.dawid_skene import dawid_skene
from stats.people.latent import latent_truth
from stats.people.mace import competence, mace
from tests.stats.inference import columns, references

CROWD, VALUES, POSTERIORS = columns("crowd"), references("crowd")["values"], columns("references/crowd_posteriors")
LABELS = CROWD["item"], CROWD["annotator"], CROWD["label"]
GOLD = CROWD["gold"][np.unique(CROWD["item"], return_index=True)[1]]


@pytest.mark.parametrize(("smoothing", "name"), [(0.0, "own_em"), (0.5, "own_em smoothing 0.5")])
def test_dawid_skene_equals_the_converged_em(smoothing, name):
    expected = VALUES[f"Dawid-Skene {name}"]
    found = dawid_skene(*LABELS, smoothing=smoothing, tolerance=1e-12)
    assert found.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-6)
    assert found.priors == pytest.approx(np.array(list(expected["prior"].values())), abs=1e-4)
    assert found.posteriors[:, 1] == pytest.approx(POSTERIORS[f"Dawid-Skene {name}"], abs=1e-4)
    assert np.mean(found.labels() == GOLD) == pytest.approx(expected["accuracy"])


def test_dawid_skene_equals_crowd_kit():
    confusion = VALUES["Dawid-Skene crowd-kit 100 steps"]["confusion"]
    found = dawid_skene(*LABELS, tolerance=1e-12)
    theirs = [[[a[f"says {says} if {truth}"] for says in "01"] for truth in "01"] for a in confusion.values()]
    assert found.annotators.tolist() == list(confusion)
    assert found.confusion == pytest.approx(np.array(theirs), abs=1e-4)


def test_mace_equals_the_converged_em():
    expected, found = VALUES["MACE own_em"], mace(*LABELS, tolerance=1e-12)
    assert found.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-4)
    assert found.posteriors[:, 1] == pytest.approx(POSTERIORS["MACE own_em"], abs=1e-3)
    assert competence(found) == pytest.approx(np.array(list(expected["competence"].values())), abs=1e-3)


def test_mace_equals_crowd_kit_where_its_rows_are_sorted():
    # crowd-kit stopped after 100 of about 500 steps.
    found = mace(*LABELS)
    assert competence(found) == pytest.approx(np.array(list(VALUES["MACE em"]["competence"].values())), abs=2e-3)
    assert found.posteriors[:, 1] == pytest.approx(POSTERIORS["MACE em"], abs=4e-3)


def test_labels_all_alike_are_refused_by_mace():
    with pytest.raises(ValueError, match="alike"):
        mace([1, 2], ["a", "a"], [1, 1])


def test_the_prior_makes_accuracies_milder_but_not_worse():
    published, with_prior = dawid_skene(*LABELS), latent_truth(*LABELS)
    assert with_prior.converged
    assert np.ptp(with_prior.accuracy) < np.ptp(published.accuracy)
    assert np.mean(with_prior.labels() == GOLD) >= np.mean(published.labels() == GOLD)


def test_who_says_the_opposite_is_found():
    found = latent_truth(*LABELS)
    assert found.annotators[found.accuracy.argmin()] == "a22"


def test_an_annotator_of_one_label_is_near_the_others():
    # 10 labels of the prior against one: about the others' 0.9.
    items = np.repeat(np.arange(200), 3)
    labels = np.where(np.random.default_rng(1).random(600) < 0.9, items % 2, 1 - items % 2)
    found = latent_truth([*items, 0], [*np.tile(["a", "b", "c"], 200), "new"], [*labels, 1])
    assert found.accuracy[3] == pytest.approx(found.accuracy[:3].mean(), abs=0.06)
