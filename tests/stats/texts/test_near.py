import random

import numpy as np
import pytest

from stats.texts.near import Duplicates, Sketches
from stats.texts.words import words_of


def duplicates(texts: list[str], near: float = 0.8) -> Duplicates:
    with Sketches() as sketches:
        for i in range(0, len(texts), 500):
            sketches.add(words_of(texts[i : i + 500]))
        return sketches.duplicates(near)


def sentence(rng: random.Random, n: int = 80) -> list[str]:
    return [f"w{rng.randrange(5_000)}" for _ in range(n)]


def test_the_same_words_are_exact_duplicates() -> None:
    found = duplicates(["Light, in the dark!", "something else altogether", "light in the dark"])
    assert found.exact.tolist() == [True, False, True]
    assert found.group.tolist() == [0, 1, 0]


def test_one_word_in_eighty_makes_a_near_duplicate() -> None:
    """78 shingles each; the word at 40 is in three: (78 - 3) / (78 + 3) = 0.93."""
    words = sentence(random.Random(1))
    found = duplicates([" ".join(words), " ".join([*words[:40], "other", *words[41:]])])
    assert (found.near.tolist(), found.exact.tolist()) == ([True, True], [False, False])


def test_three_words_apart_make_none() -> None:
    """Nine shingles of 78 differ: 69 / 87 = 0.79 is under 0.8, and over 0.75."""
    words = sentence(random.Random(2))
    other = [f"x{i}" if i in (20, 40, 60) else word for i, word in enumerate(words)]
    texts = [" ".join(words), " ".join(other)]
    assert not duplicates(texts).near.any()
    assert duplicates(texts, near=0.75).near.all()


def test_most_pairs_over_the_bar_are_found_and_none_under_it() -> None:
    """Two words in eighty: (78 - 6) / (78 + 6) = 0.857 (more where they touch); four: 66 / 90 = 0.73."""
    rng = random.Random(3)
    kept = [sentence(rng) for _ in range(400)]
    changed = [
        [f"x{n}" if i in places else word for i, word in enumerate(words)]
        for n, words in enumerate(kept)
        for places in [(20, 60) if n % 2 else (10, 30, 50, 70)]
    ]
    near = duplicates([" ".join(words) for words in kept + changed]).near[400:]
    assert near[1::2].mean() > 0.97
    assert not near[::2].any()


@pytest.mark.parametrize("n", [3_000])
def test_a_large_group_of_near_equal_texts_is_one(n: int) -> None:
    words = sentence(random.Random(4))
    texts = [" ".join([*words[:40], f"variant{i}", *words[41:]]) for i in range(n)]
    assert (duplicates(texts).sizes == n).all()


def test_groups_join_by_what_lies_between() -> None:
    """Alike are 1 and 2, 2 and 3, not 1 and 3: (78 - 6) / 84 = 0.86 each, (78 - 12) / 90 = 0.73 from end to end."""
    words = sentence(random.Random(5))
    second = [f"x{i}" if i in (10, 20) else word for i, word in enumerate(words)]
    third = [f"y{i}" if i in (50, 60) else word for i, word in enumerate(second)]
    found = duplicates([" ".join(each) for each in (words, second, third)])
    assert found.group.tolist() == [0, 0, 0]


def test_no_texts_are_no_duplicates() -> None:
    assert duplicates([]).near.tolist() == []


def test_texts_without_words_are_equal_to_each_other_only() -> None:
    assert np.array_equal(duplicates(["", "!", "a b c"]).near, [True, True, False])
