"""What was asked can't be done: one line for the person who asked, saying what, where and what to do."""


class Refused(Exception):
    """Shown as it is by commands, pages and the API; nothing has been written."""


class ExportRefused(Refused):
    """A file of judgments, intentions or instructions that can't be written."""
