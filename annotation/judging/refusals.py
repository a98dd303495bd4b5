"""Why an annotator is refused something; each is one line for the annotator."""

from common.refusals import Refused


class JudgingRefused(Refused):
    """One line for the annotator: what can't be done and what to do instead."""


class LeaseGone(JudgingRefused):
    """The item went back to the others; with its ticket it may be taken again."""


class AuditOwed(JudgingRefused):
    pass


class ConfirmOwed(JudgingRefused):
    """The consent text, or what changed in the guidelines, is to be confirmed first."""


class VersionChanged(JudgingRefused):
    """What was asked is not asked like this any more; `changes` tell since when, in words."""

    def __init__(self, said: str, version: int, changes: list[dict]) -> None:
        super().__init__(said)
        self.version, self.changes = version, changes
