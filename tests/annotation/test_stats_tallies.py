import subprocess
import sys
from pathlib import Path

from annotation.stats.tallies import group_patterns, tallies_from_labels


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


def test_the_statistics_need_neither_django_nor_celery():
    root = Path(__file__).parents[2]
    modules = [f"annotation.stats.{path.stem}" for path in (root / "annotation" / "stats").glob("[a-z]*.py")]
    code = f"import sys, {', '.join(modules)}; print({{'django', 'celery', 'scipy'}} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert loaded.stdout == "set()\n"
