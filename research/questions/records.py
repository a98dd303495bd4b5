"""What a benchmark of multiple choice holds. Pure, as all of this package."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

LETTERS = "ABCDEFGH"
TASKS = {
    "understanding": "which intention explains the purchase?",
    "utilisation": "which product is bought with this intention?",
    "by-relation": "which intention explains the purchase, all options of one relation?",
    "choice": "which option is right?",
}


class BenchmarkRefused(Exception):
    """In one line: what is wrong, in which file and line, and what to do."""


@dataclass(frozen=True, slots=True)
class Question:
    """`stem` is the prompt as far as the options; questions of one `cluster` are about one co-buy."""

    task: str
    key: str
    stem: str
    options: Mapping[str, str]
    gold: str
    relation: str = ""
    cluster: str = ""
    titles: tuple[str, str] = ("", "")
    asins: tuple[str, str] = ("", "")
    scored: bool = True
    similarity: float | None = None
    band: str = ""

    def shuffled(self, order: str) -> Self:
        """The options under the letters of this order: of "CAB" the first is what was C."""
        options = {letter: self.options[was] for letter, was in zip(LETTERS, order, strict=False)}
        return replace(self, options=options, gold=LETTERS[order.index(self.gold)])


@dataclass(frozen=True, slots=True)
class Benchmark:
    name: str
    digest: str
    questions: tuple[Question, ...]
    files: Mapping[str, str] = field(default_factory=dict)  # name to SHA-256
