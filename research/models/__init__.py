"""What research keeps: a file a subject, as in the other apps."""

from research.models.diversity import Diversity, DiversityQuerySet, NearDuplicate, Vectors
from research.models.experiments import Arm, Experiment

__all__ = ["Arm", "Diversity", "DiversityQuerySet", "Experiment", "NearDuplicate", "Vectors"]
