from common.refusals import Refused


class OnlineRefused(Refused):
    """One line: what of an experiment in a shop can't be, and what to do."""


class KeyReused(OnlineRefused):
    """A key has come before with other content."""
