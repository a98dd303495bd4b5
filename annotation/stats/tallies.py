import numpy as np
from numpy.typing import ArrayLike, NDArray

Counts = NDArray[np.int64]


def tallies_from_labels(items: ArrayLike, annotators: ArrayLike, labels: ArrayLike) -> tuple[Counts, int]:
    """Counts (items, categories), both in sorted order, and how many labels repeated an annotator on an item.

    Of an annotator's labels on an item the first counts.
    """
    item_names, item = np.unique(np.asarray(items), return_inverse=True)
    annotator_names, annotator = np.unique(np.asarray(annotators), return_inverse=True)
    categories, category = np.unique(np.asarray(labels), return_inverse=True)
    _, first = np.unique(item * len(annotator_names) + annotator, return_index=True)
    cells = item[first] * len(categories) + category[first]
    counts = np.bincount(cells, minlength=len(item_names) * len(categories))
    return counts.reshape(len(item_names), len(categories)), len(item) - len(first)


def group_patterns(counts: ArrayLike) -> tuple[Counts, Counts]:
    """The different rows of counts, and how many items have each."""
    return np.unique(np.asarray(counts), axis=0, return_counts=True)
