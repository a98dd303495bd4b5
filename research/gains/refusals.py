from common.refusals import Refused


class GainRefused(Refused):
    """A comparison of before and after that can't be begun, or can't go on."""
