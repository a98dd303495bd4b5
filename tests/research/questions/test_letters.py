import pytest

from research.questions.letters import UNREAD, lenient, strict, voted
from tests.research.questions.builders import OPTIONS

# Reply: (official, meant). What the official parsers do with each is from their source (2b647b4, computeACC.py).
ZERO_SHOT = {
    "B": ("B", "B"),
    "b.": ("B", "B"),
    " B. because they are red.": ("B", "B"),
    "Answer: B": ("A", "B"),
    "Answer: B or C": ("A", UNREAD),
    "The answer is C, because it fits.": ("T", "C"),
    "The answer is (D)": ("T", "D"),
    "Both: C": ("B", "C"),
    "**B**": ("*", "B"),
    "(B)": ("(", "B"),
    "...D...": ("D", "D"),
    "Option A": ("O", "A"),
    "A customer would like it": ("A", UNREAD),
    "A, B and C are all fine": ("A", UNREAD),
    "B and D": ("B", UNREAD),
    "It is not B": ("I", UNREAD),
    "F": ("F", UNREAD),
    "": (UNREAD, UNREAD),
    "...": (UNREAD, UNREAD),
    "because they are red": ("B", "B"),
    "<think>A or C?</think>\n\nD": ("<", "D"),
    "I don't know": ("I", UNREAD),
    "A because they are warm": ("A", "A"),
    "C\n\nExplanation: both A and B are wrong.": ("C", "C"),
    "A's are good": ("A", UNREAD),
}
COT = {
    "Step 1: They are warm.\nStep 2: B": ("B", "B"),
    "Step 1: They are warm.\nStep 2: Answer: B": ("A", "B"),
    "Step 1: A and C are silly.\nStep 2: Answer D only.": ("A", "D"),
    "**Step 1:** Warm.\n**Step 2:** C": ("*", "C"),
    "Step 1: They go on a trip, as B says": (UNREAD, UNREAD),
    "B": (UNREAD, "B"),
    "So the answer is D.": (UNREAD, "D"),
    "Step 1: x. Step 2:": (UNREAD, UNREAD),
    "Step 1: x. Step 2:   ": (UNREAD, UNREAD),
    "step 2: d": ("D", "D"),
}


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
