"""The wordings of instruction data: files with a version, several phrasings of each task between lines of dashes."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from string import Formatter
from typing import Self

FOLDER = Path(__file__).parent / "templates"
VERSION = "instruct-2"
PLACEHOLDERS: dict[str, frozenset[str]] = {
    "understanding": frozenset({"title_a", "title_b", "options"}),
    "generation": frozenset({"title_a", "title_b", "phrase"}),
    "generation_with_pictures": frozenset({"title_a", "title_b", "phrase"}),
    "utilisation": frozenset({"title_given", "intention", "options"}),
    "verdict": frozenset({"title_a", "title_b", "intention"}),
}


@dataclass(frozen=True, slots=True)
class Phrasings:
    version: str
    digest: str
    by_task: dict[str, tuple[str, ...]]

    @classmethod
    def load(cls, version: str = VERSION) -> Self:
        texts = {task: (FOLDER / version / f"{task}.txt").read_text(encoding="utf-8") for task in PLACEHOLDERS}
        digest = hashlib.sha256("\0".join(texts.values()).encode()).hexdigest()
        by_task = {task: tuple(part.strip() for part in text.split("\n---\n")) for task, text in texts.items()}
        return cls(version, digest, by_task)


def wording(text: str) -> Callable[[Mapping[str, str]], str]:
    """What `text.format_map` gives, read once for all."""
    parts = [(literal.replace("%", "%%"), name) for literal, name, _, _ in Formatter().parse(text)]
    names = [name for _, name in parts if name]
    form, taken = "".join(literal + "%s" * bool(name) for literal, name in parts), itemgetter(*names)
    return lambda given: form % taken(given)
