"""Replies, with the letter of the official rules and the one that is meant."""

from research.questions.letters import UNREAD

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
