from common.refusals import Refused


class TrainingRefused(Refused):
    """A training that can't be started, or moved to where it was asked to go."""
