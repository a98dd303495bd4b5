"""Why an annotator is refused something; each is one line for the annotator."""

from common.refusals import Refused


class JudgingRefused(Refused):
    """One line for the annotator: what can't be done and what to do instead."""


class LeaseGone(JudgingRefused):
    """The item went back to the others; with its ticket it may be taken again."""


class AuditOwed(JudgingRefused):
    pass
