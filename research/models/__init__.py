"""What research keeps: a file a subject, as in the other apps."""

from research.models.experiments import Arm, Experiment

__all__ = ["Arm", "Experiment"]
