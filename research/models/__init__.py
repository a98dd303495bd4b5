"""What research keeps: a file a subject, as in the other apps."""

from research.models.diversity import Diversity, DiversityQuerySet, NearDuplicate, Vectors
from research.models.evaluations import BenchmarkQuestion, Evaluation, EvaluationAnswer, QuestionSet
from research.models.experiments import Arm, Experiment, Followed
from research.models.gains import Gain
from research.models.online import Exposure, OnlineArm, OnlineExperiment, Outcome
from research.models.purchases import PurchaseTest
from research.models.trainings import Training, TrainingNote, TrainingPoint

__all__ = [
    "Arm",
    "BenchmarkQuestion",
    "Diversity",
    "DiversityQuerySet",
    "Evaluation",
    "EvaluationAnswer",
    "Experiment",
    "Exposure",
    "Followed",
    "Gain",
    "NearDuplicate",
    "OnlineArm",
    "OnlineExperiment",
    "Outcome",
    "PurchaseTest",
    "QuestionSet",
    "Training",
    "TrainingNote",
    "TrainingPoint",
    "Vectors",
]
