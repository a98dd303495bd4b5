from stats.texts.words import ngrams, openings, shingles, whole, words_of


def test_words_are_letters_and_digits_in_lower_case() -> None:
    words = words_of(["They bought BOTH, because…", "they  bought both because", "Für 3 Leute", ""])
    assert words.counts.tolist() == [4, 4, 3, 0]
    assert (words.hashes[:4] == words.hashes[4:8]).all()


def test_a_word_does_not_run_from_one_text_into_the_next() -> None:
    apart, joined = words_of(["under", "line"]), words_of(["underline"])
    assert apart.counts.tolist() == [1, 1]
    assert joined.hashes[0] not in apart.hashes


def test_ngrams_stay_within_their_text() -> None:
    assert ngrams(words_of(["a b c d", "e", "f g"]), 2).counts.tolist() == [3, 0, 1]


def test_shingles_are_a_set() -> None:
    words = words_of(["a b c a b c", "c b a"])  # abc bca cab abc: three different ones; cba
    assert shingles(words).counts.tolist() == [3, 1]


def test_a_text_shorter_than_a_shingle_has_one() -> None:
    short = shingles(words_of(["a b", "a", "", "a b"]))
    assert short.counts.tolist() == [1, 1, 1, 1]
    assert short.hashes[0] == short.hashes[3]
    assert len(set(short.hashes.tolist())) == 3


def test_a_whole_text_is_its_words_in_their_order() -> None:
    first, same, turned, more = whole(words_of(["Light, in the dark!", "light in the dark", "dark in the light", "x"]))
    assert first == same
    assert len({first, turned, more}) == 3


def test_an_opening_is_the_first_words() -> None:
    first, same, other = openings(words_of(["because both are red", "Because both go", "both because"]), 2)
    assert first == same != other
