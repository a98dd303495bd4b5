from common.words import median_words


def test_a_median_under_a_second_has_no_digits() -> None:
    assert [median_words(seconds) for seconds in (0.4, 1, 23.46)] == ["under 1 s", "1.0 s", "23.5 s"]
