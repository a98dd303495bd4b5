import csv

import numpy as np
import pytest

from stats.people.dawid_skene import Consensus, dawid_skene, one_coin
from tests.ratings import RATINGS, REFERENCES

# Dawid and Skene 1979, table 1: 45 patients; the first anaesthetist judged three times, four others once.
PATIENTS = """1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223 2322223 4444444 2223343 1111111
2223212 1211111 1112111 1111111 1111111 2222221 2221322 2222222 2222221 2223222 2212222 1111111 1111111 2322222 1111111
1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343 2212232 2323233 3333432 1111111 1111111 1212111 2322222
1211111 2222222"""


@pytest.fixture(scope="module")
def anaesthetists() -> Consensus:
    rows = [
        (i, j, int(label)) for i, row in enumerate(PATIENTS.split()) for j, label in zip("1112345", row, strict=True)
    ]
    return dawid_skene(*zip(*rows, strict=True))


def test_priors_of_dawid_and_skene_1979(anaesthetists):
    assert anaesthetists.priors == pytest.approx([0.40, 0.42, 0.11, 0.07], abs=5e-3)


def test_error_rates_of_the_first_anaesthetist(anaesthetists):
    published = np.array([[0.89, 0.11, 0, 0], [0.07, 0.88, 0.05, 0], [0, 0.34, 0.66, 0], [0, 0, 0.56, 0.44]])
    assert anaesthetists.confusion[0] == pytest.approx(published, abs=5e-3)


def read(name: str) -> tuple[list, list, list, dict[str, int]]:
    with (RATINGS / name).open() as file:
        rows = list(csv.DictReader(file))
    gold = {row["item"]: int(row["gold"]) for row in rows if row["gold"]}
    return [row["item"] for row in rows], [row["annotator"] for row in rows], [int(row["label"]) for row in rows], gold


@pytest.mark.parametrize("name", ["barzan.csv", "adult2_ten.csv"])
@pytest.mark.parametrize("smoothing", [0.0, 0.01])
def test_real_ratings_converge_to_the_reference(name, smoothing):
    *labels, gold = read(name)
    expected = REFERENCES[name]["gold"][f"dawid_skene_plain_em_smooth{smoothing}"]
    consensus = dawid_skene(*labels, smoothing=smoothing)
    found = dict(zip(consensus.items.tolist(), consensus.labels().tolist(), strict=True))
    assert consensus.converged
    assert consensus.log_likelihood == pytest.approx(expected["loglik"], abs=1e-3)
    assert np.mean([found[item] == label for item, label in gold.items()]) == pytest.approx(
        expected["accuracy"], abs=1e-6
    )


def votes(
    accuracy: list[float], items: int = 600, seed: int = 5
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = (rng.random(items) < 0.6).astype(int)
    right = rng.random((items, len(accuracy))) < accuracy
    labels = np.where(right, truth[:, np.newaxis], 1 - truth[:, np.newaxis])
    item, annotator = np.divmod(np.arange(labels.size), len(accuracy))
    return item, annotator, labels.ravel(), truth


@pytest.mark.parametrize("model", [dawid_skene, one_coin])
def test_annotators_are_told_apart(model):
    # 600 labels each: the standard error of an accuracy is below 0.02.
    accuracy = [0.95, 0.85, 0.6, 0.6, 0.6]
    *labels, _ = votes(accuracy)
    assert model(*labels).accuracy == pytest.approx(accuracy, abs=0.07)


@pytest.mark.parametrize("model", [dawid_skene, one_coin])
def test_two_good_annotators_outweigh_three_poor_ones(model):
    *labels, truth = votes([0.95, 0.95, 0.55, 0.55, 0.55])
    majority = np.bincount(labels[0], labels[2]) > 2.5
    assert (model(*labels).labels() == truth).mean() > (majority == truth).mean() + 0.05


def test_posteriors_and_rows_of_confusion_sum_to_one():
    *labels, _ = votes([0.9, 0.8, 0.7])
    consensus = dawid_skene(*labels)
    assert consensus.posteriors.sum(axis=1) == pytest.approx(np.ones(600))
    assert consensus.confusion.sum(axis=2) == pytest.approx(np.ones((3, 2)))


def test_order_and_names_do_not_matter():
    item, annotator, label, _ = votes([0.9, 0.8, 0.7])
    shuffled = np.random.default_rng(1).permutation(len(item))
    one = dawid_skene(item, annotator, label)
    other = dawid_skene(item[shuffled], [f"a{9 - each}" for each in annotator[shuffled]], label[shuffled])
    assert other.posteriors == pytest.approx(one.posteriors)
    assert other.accuracy[::-1] == pytest.approx(one.accuracy)


def test_an_unfinished_run_says_so():
    *labels, _ = votes([0.9, 0.6, 0.6])
    consensus = dawid_skene(*labels, max_iterations=2)
    assert (consensus.iterations, consensus.converged) == (2, False)


def test_one_category_only():
    consensus = dawid_skene([1, 1, 2], ["a", "b", "a"], ["yes", "yes", "yes"])
    assert (consensus.labels().tolist(), consensus.accuracy.tolist()) == (["yes", "yes"], [1, 1])


def test_no_labels_are_refused():
    with pytest.raises(ValueError, match="no labels"):
        one_coin([], [], [])
