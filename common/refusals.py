"""What was asked can't be done: one line for the person who asked, saying what, where and what to do."""


class Refused(Exception):
    """Shown as it is by commands, pages and the API; nothing has been written.

    `field`: the one of the page's form at which it stands, where there is one."""

    def __init__(self, words: str = "", *, field: str = "") -> None:
        super().__init__(words)
        self.field = field


class ExportRefused(Refused):
    """A file of judgments, intentions or instructions that can't be written."""
