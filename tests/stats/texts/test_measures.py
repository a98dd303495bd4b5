from collections import Counter
from math import exp, log

import numpy as np
import pytest

from stats.texts.measures import (
    cosines,
    distinct,
    entropy,
    likeness_to_first,
    over_draws,
    self_bleu,
    vendi,
    word_similarity,
)
from stats.texts.words import words_of

TEXTS = [
    "they both are used for taking pictures on a long walk",
    "they both are used for taking pictures in the rain",
    "she wanted a present for a friend who cooks and cooks",
    "used for a walk",
    "a friend who cooks",
]


def bleu(text: list[str], others: list[list[str]]) -> float:
    """Papineni et al. 2002, straight from the paper, with 0.1 for a count of none."""
    logs = 0.0
    for n in range(1, 5):
        count = Counter(tuple(text[i : i + n]) for i in range(len(text) - n + 1))
        most: Counter[tuple[str, ...]] = Counter()
        for other in others:
            most |= Counter(tuple(other[i : i + n]) for i in range(len(other) - n + 1))
        logs += log(((count & most).total() or 0.1) / max(count.total(), 1)) / 4
    closest = min((len(other) for other in others), key=lambda n: (abs(n - len(text)), n))
    return min(1.0, exp(1 - closest / len(text))) * exp(logs)


def test_distinct_counts_each_once() -> None:
    words = words_of(["a b a", "a b"])  # a b a a b: 2 of 5; ab ba ab: 2 of 3
    assert (distinct(words, 1), distinct(words, 2), distinct(words, 4)) == (2 / 5, 2 / 3, None)


def test_self_bleu_is_the_mean_of_each_against_the_others() -> None:
    split = [text.split() for text in TEXTS]
    expected = np.mean([bleu(each, split[:i] + split[i + 1 :]) for i, each in enumerate(split)])
    assert self_bleu(words_of(TEXTS)) == pytest.approx(expected, rel=1e-12)


def test_self_bleu_of_the_same_texts_is_one() -> None:
    assert self_bleu(words_of(["one two three four five"] * 3)) == pytest.approx(1)
    assert self_bleu(words_of(["one"])) is None


def test_vendi_counts_what_is_different() -> None:
    """Friedman and Dieng 2023: n where nothing is alike, 1 where all is, 2 for two groups of the same size."""
    assert vendi(np.eye(7)) == pytest.approx(7)
    assert vendi(np.ones((7, 7))) == pytest.approx(1)
    assert vendi(np.kron(np.eye(2), np.ones((3, 3)))) == pytest.approx(2)


def test_similarity_by_words_is_a_cosine() -> None:
    """a b, a c: words and pairs (a, b, ab) and (a, c, ac) share one of three."""
    assert word_similarity(words_of(["a b", "a c"]))[0, 1] == pytest.approx(1 / 3)


def test_likeness_to_one_is_a_row_of_all() -> None:
    words = words_of(TEXTS)
    assert likeness_to_first(words) == pytest.approx(word_similarity(words)[0])


def test_a_vector_of_nothing_is_like_itself_alone() -> None:
    assert cosines([[0, 0], [3, 4]]).tolist() == [[1, 0], [0, 1]]


def test_entropy_is_in_bits() -> None:
    assert entropy([5, 5, 5, 5]) == pytest.approx(2)
    assert entropy([9, 0]) == 0
    assert entropy([]) is None


def test_draws_give_a_mean_with_students_interval() -> None:
    """Mean 2, standard error 1/√3, t(2) = 4.3027: 2 ± 2.484."""
    found = over_draws([1.0, 2.0, 3.0, None])
    assert (found.value, found.n) == (2.0, 3)
    assert found.ci95 == pytest.approx((2 - 2.4841, 2 + 2.4841), abs=1e-3)
    assert over_draws([1.0]).value is None
