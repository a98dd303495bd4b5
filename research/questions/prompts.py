"""How a question is put: the official prompts to the letter, the question taken away, the options in another order."""

import hashlib
from dataclasses import dataclass
from random import Random

from research.questions.records import Question

WITHOUT_QUESTION = "Which of these is most likely the right answer?\n"
ONLY = "Answer {} only without any other word."
STEPS = (
    "Formulate your answer in this way.\nStep 1: Give a short and brief rationale by thinking step by step.\nStep 2: "
)


@dataclass(frozen=True, slots=True)
class Mode:
    max_tokens: int
    temperature: float
    samples: int
    ending: str


MODES = {
    "zero-shot": Mode(10, 0.1, 1, ONLY),
    "cot": Mode(200, 0.1, 1, STEPS + ONLY),
    "cot-sc": Mode(200, 0.7, 5, STEPS + ONLY),
}


def prompt(question: Question, mode: str, *, options_only: bool = False) -> str:
    stem = WITHOUT_QUESTION if options_only else question.stem
    options = "".join(f"{letter}. {text}\n" for letter, text in question.options.items())
    return stem + options + MODES[mode].ending.format(" or ".join(question.options))


def drawn_order(question: Question, seed: int) -> str:
    """Of the options, by lot; the same for the same question and seed."""
    digest = hashlib.blake2b(f"{seed}\0{question.task}\0{question.key}".encode(), digest_size=8).digest()
    letters = list(question.options)
    Random(int.from_bytes(digest)).shuffle(letters)  # noqa: S311 - to be had again from the seed
    return "".join(letters)
