"""What was asked can't be done: one line for the person who asked, saying what, where and what to do."""

from collections.abc import Iterator
from contextlib import contextmanager


class Refused(Exception):
    """Shown as it is by commands, pages and the API; nothing has been written.

    `field`: the one of the page's form at which it stands, where there is one."""

    def __init__(self, words: str = "", *, field: str = "") -> None:
        super().__init__(words)
        self.field = field
        self.others: list[Refused] = []  # found at the same time; forms show them too

    @property
    def all(self) -> "list[Refused]":
        return [self, *self.others]


class ExportRefused(Refused):
    """A file of judgments, intentions or instructions that can't be written."""


class Gathering:
    """Refusals of checks that don't need one another, so that a form can show all of them at once."""

    def __init__(self) -> None:
        self.found: list[Refused] = []

    @contextmanager
    def one(self) -> Iterator[None]:
        try:
            yield
        except Refused as refusal:
            self.found.append(refusal)

    def settle(self) -> None:
        """Raise the first, which has the others with it; commands say that one."""
        if self.found:
            first, *first.others = self.found
            raise first
