import unicodedata

import pytest

from common.text import SENTENCE_ENDS, visible
from distillation.catalog.readers.cleaning import clean_text
from distillation.pipeline.text import clean, sentence

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    "text",
    [
        "می‌خواهد",  # U+200C joins the word
        "क्‍ष",  # U+200D makes the conjunct
        "👨‍👩‍👧",  # one picture of three
        ENGLAND,
        "\U0001fae8 wow",  # newer than some tables
        "\U000323b0",  # unassigned today
        "co\u00adop \u200fabc",  # a soft hyphen and a mark of direction change no order of what follows
    ],
)
@pytest.mark.parametrize("rule", [visible, clean_text, clean])
def test_what_scripts_and_pictures_need_stays(rule, text: str):
    assert rule(text) == text


@pytest.mark.parametrize("hidden", ["\u202e", "\u2067", "\u200b", "\ufeff", "\x00", "\x9f", "\ud800", "\U000e0061"])
@pytest.mark.parametrize("rule", [visible, clean_text, clean])
def test_what_hides_or_turns_text_goes(rule, hidden: str):
    assert rule(f"a{hidden}b") == "ab"


def test_a_flag_without_its_end_is_a_black_flag():
    assert visible(ENGLAND[:-1] + "x") == "\U0001f3f4x"


@pytest.mark.parametrize(
    "text",
    ["因为两样东西一起用。", "هل تريد كليهما؟", "वे दोनों साथ चाहिए।", "Really?", "He said “yes.”", "他说「好。」"],
)
def test_a_sentence_that_has_its_end_gets_no_full_stop(text: str):
    assert sentence(text) == text


def test_ends_are_punctuation():
    assert {unicodedata.category(end) for end in SENTENCE_ENDS} == {"Po"}
