from common.refusals import Refused


class EvaluationRefused(Refused):
    """An evaluation or comparison that can't be made."""
