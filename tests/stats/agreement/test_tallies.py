import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.agreement.tallies import NoTally, group_patterns, tallies_from_labels, tallies_from_stream

names = st.sampled_from("abcde")


def test_labels_become_counts():
    counts, repeated = tallies_from_labels(["a", "a", "b"], ["x", "y", "x"], ["no", "yes", "yes"])
    assert (counts.tolist(), repeated) == ([[1, 1], [0, 1]], 0)


def test_the_first_label_of_an_annotator_on_an_item_counts():
    counts, repeated = tallies_from_labels(["a", "a", "a", "a"], ["x", "y", "x", "x"], [1, 2, 2, 2])
    assert (counts.tolist(), repeated) == ([[1, 1]], 2)


def test_no_labels_are_no_items():
    counts, repeated = tallies_from_labels([], [], [])
    assert (len(counts), repeated) == (0, 0)


def test_group_patterns_counts_equal_rows():
    patterns, weights = group_patterns([[2, 0], [1, 1], [2, 0]])
    assert (patterns.tolist(), weights.tolist()) == ([[1, 1], [2, 0]], [1, 2])


@given(st.lists(st.tuples(names, names, names), min_size=1))
def test_a_stream_tallies_as_arrays_do(rows):
    counts, repeated = tallies_from_labels(*zip(*rows, strict=True))
    stream = tallies_from_stream(rows, str)
    order = np.argsort(list(dict.fromkeys(item for item, _, _ in rows)))  # it has items as they come
    counted = counts[:, counts.any(axis=0)]
    assert (stream.counts[order].tolist(), stream.repeated) == (counted.tolist(), repeated)


def test_a_stream_names_its_categories_in_order():
    tallies = tallies_from_stream([("a", "x", "10"), ("a", "y", "2"), ("b", "x", "2.0")], float)
    assert (tallies.categories, tallies.counts.tolist()) == ([2, 10], [[1, 1], [1, 0]])


def test_no_category_is_no_judgment():
    tallies = tallies_from_stream(
        [("a", "x", "-"), ("a", "x", "yes"), ("", "", "-")], lambda label: label.strip("-") or None
    )
    assert (tallies.annotators, tallies.repeated, tallies.counts.sum()) == (1, 0, 1)


@pytest.mark.parametrize("row", [("", "x", "yes"), ("a", "", "yes")])
def test_a_label_needs_an_item_and_an_annotator(row):
    with pytest.raises(NoTally, match="a label has no item or no annotator"):
        tallies_from_stream([row], str)


def test_more_than_memory_may_hold_is_refused_before_it_is_taken():
    rows = ((str(n), "x", str(n % 1_000)) for n in range(50_001))
    with pytest.raises(NoTally, match="50,001 items x 1,000 labels are too many"):
        tallies_from_stream(rows, str)


def test_rows_too_long_for_one_number_are_grouped_the_same():
    # 80 columns of 0 to 2 are 3^80 different rows; 64 bits hold 3^40.
    counts = np.random.default_rng(1).integers(3, size=(50, 80))[np.arange(200) % 50]
    patterns, weights = group_patterns(counts)
    expected = np.unique(counts, axis=0, return_counts=True)
    assert (patterns.tolist(), weights.tolist()) == (expected[0].tolist(), expected[1].tolist())
