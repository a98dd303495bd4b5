from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Counts = NDArray[np.int64]
Codes = NDArray[np.integer]

NO_JUDGMENT = -1
MOST_CATEGORIES, MOST_CELLS = 1_000, 50_000_000  # some gigabytes, while the coefficients are computed


class NoTally(Exception):
    """One line: what stands in the way, what to do."""


@dataclass(frozen=True, slots=True)
class LabelTallies:
    """`counts[i, k]` annotators gave item i the label `categories[k]`; `repeated` labels are not among them."""

    counts: Counts
    categories: list[Any]
    annotators: int
    repeated: int


def tallies_from_labels(items: ArrayLike, annotators: ArrayLike, labels: ArrayLike) -> tuple[Counts, int]:
    """Counts (items, categories), both in sorted order, and how many labels repeated an annotator on an item.

    Of an annotator's labels on an item the first counts.
    """
    item_names, item = np.unique(np.asarray(items), return_inverse=True)
    _, annotator = np.unique(np.asarray(annotators), return_inverse=True)
    categories, category = np.unique(np.asarray(labels), return_inverse=True)
    first = _first_labels(item, annotator)
    return _counts(item[first], category[first], len(item_names), len(categories)), len(item) - len(first)


def tallies_from_stream(rows: Iterable[tuple[str, str, str]], category: Callable[[str], object]) -> LabelTallies:
    """The same of rows of item, annotator and label as they come; `category` names a label's category, or None.

    Ten bytes of each row stay, the codes of its names: who has labelled what must be known to tell a repeated label.
    The rest grows with the items and their counts.
    """
    item_codes: dict[str, int] = defaultdict(count().__next__)
    annotator_codes: dict[str, int] = defaultdict(count().__next__)
    category_codes = _CategoryCodes(category)
    items, annotators, categories = array("i"), array("i"), array("h")
    for item, annotator, label in rows:
        items.append(item_codes[item])
        annotators.append(annotator_codes[annotator])
        categories.append(category_codes[label])

    judged = np.asarray(categories) != NO_JUDGMENT
    item, annotator, chosen = (np.asarray(codes)[judged] for codes in (items, annotators, categories))
    if np.any(item == item_codes.get("", -1)) or np.any(annotator == annotator_codes.get("", -1)):
        raise NoTally("a label has no item or no annotator; name both in every row")
    first = _first_labels(item, annotator)
    names, rank = category_codes.sorted(chosen[first])
    if len(item_codes) * len(names) > MOST_CELLS:
        raise NoTally(f"{len(item_codes):,} items x {len(names):,} labels are too many; round the labels to fewer")
    return LabelTallies(
        _counts(item[first], rank[chosen[first]], len(item_codes), len(names)),
        names,
        len(np.unique(annotator)),
        len(item) - len(first),
    )


def group_patterns(counts: ArrayLike) -> tuple[Counts, Counts]:
    """The different rows of counts, in sorted order, and how many items have each."""
    counts = np.asarray(counts)
    # A row as the digits of one number: far quicker to sort than rows. Where the next digit would not fit into 64 bits,
    # the numbers so far give way to their ranks.
    key, size = np.zeros(len(counts), dtype=np.int64), 1
    for column in counts.T:
        base = int(column.max(initial=0)) + 1
        if size * base >= 2**63:
            ranks, key = np.unique(key, return_inverse=True)
            size = len(ranks)
        key, size = key * base + column, size * base
    _, first, weights = np.unique(key, return_index=True, return_counts=True)
    return counts[first], weights


class _CategoryCodes(dict[str, int]):
    """The code of a label's category; each different label is looked at once."""

    def __init__(self, category: Callable[[str], object]) -> None:
        self.category = category
        self.codes: dict[Any, int] = {}

    def __missing__(self, label: str) -> int:
        name = self.category(label)
        self[label] = NO_JUDGMENT if name is None else self.codes.setdefault(name, len(self.codes))
        if len(self.codes) > MOST_CATEGORIES:
            raise NoTally(f"there are more than {MOST_CATEGORIES:,} different labels, as of text; name another column")
        return self[label]

    def sorted(self, codes: Codes) -> tuple[list[Any], Codes]:
        """The names of the codes that occur, in order, and the place in it of each code."""
        occurring = set(np.unique(codes).tolist())
        names = sorted(name for name, code in self.codes.items() if code in occurring)
        rank = np.zeros(len(self.codes), dtype=np.int64)
        rank[[self.codes[name] for name in names]] = np.arange(len(names))
        return names, rank


def _first_labels(item: Codes, annotator: Codes) -> Codes:
    """Where an annotator labels an item for the first time."""
    pair = item.astype(np.int64) * (int(annotator.max(initial=0)) + 1) + annotator
    first: Codes = np.unique(pair, return_index=True)[1]
    return first


def _counts(item: Codes, category: Codes, n_items: int, n_categories: int) -> Counts:
    cells = item.astype(np.int64) * n_categories + category
    return np.bincount(cells, minlength=n_items * n_categories).reshape(n_items, n_categories)
