import pytest

from research.questions.letters import UNREAD, lenient, strict, voted
from tests.research.questions.builders import OPTIONS
from tests.research.questions.replies import COT, ZERO_SHOT


@pytest.mark.parametrize("text", ZERO_SHOT)
def test_zero_shot(text: str):
    assert (strict(text, "zero-shot"), lenient(text, OPTIONS, "zero-shot")) == ZERO_SHOT[text]


@pytest.mark.parametrize("text", COT)
def test_chain_of_thought(text: str):
    assert (strict(text, "cot"), lenient(text, OPTIONS, "cot")) == COT[text]


def test_the_vote_counts_unread_replies_and_takes_the_earliest():
    assert (voted(["B", UNREAD, UNREAD]), voted(["C", "B", "B", "C"]), voted([])) == (UNREAD, "C", UNREAD)


@pytest.mark.parametrize("mode", ["zero-shot", "cot"])
def test_ten_thousand_letters_are_no_answer(mode: str):
    assert lenient("ABCD " * 2_000, OPTIONS, mode) == UNREAD
    assert lenient("A B " * 300_000, OPTIONS, mode) == UNREAD
    assert lenient("x " * 5_000 + "Step 2: The answer is C.", OPTIONS, "cot") == "C"


def test_two_options_alike_are_not_told_apart():
    twins = {"A": "for fun.", "B": "for fun.", "C": "no"}
    assert lenient("for fun", twins, "zero-shot") == UNREAD
