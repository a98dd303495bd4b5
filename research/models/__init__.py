"""What research keeps: a file a subject, as in the other apps."""

from research.models.diversity import Diversity, DiversityQuerySet, NearDuplicate, Vectors
from research.models.evaluations import BenchmarkQuestion, Evaluation, EvaluationAnswer, QuestionSet
from research.models.experiments import Arm, Experiment

__all__ = [
    "Arm",
    "BenchmarkQuestion",
    "Diversity",
    "DiversityQuerySet",
    "Evaluation",
    "EvaluationAnswer",
    "Experiment",
    "NearDuplicate",
    "QuestionSet",
    "Vectors",
]
