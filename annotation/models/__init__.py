"""Studies: which intentions are judged, by whom, and what was said."""

from annotation.models.demographics import Demographics
from annotation.models.desk import Adjudication, Assignment, SentBack, StudyChange
from annotation.models.items import Item, ItemQuerySet, Kind, Lease, Skip, SkipQuerySet
from annotation.models.judgments import Judgment, JudgmentQuerySet, JudgmentRevision
from annotation.models.participants import Participant
from annotation.models.plans import StudyPlan
from annotation.models.slow import SlowFigure
from annotation.models.studies import ExportRecord, Study, StudyQuerySet, StudyVersion

__all__ = [
    "Adjudication",
    "Assignment",
    "Demographics",
    "ExportRecord",
    "Item",
    "ItemQuerySet",
    "Judgment",
    "JudgmentQuerySet",
    "JudgmentRevision",
    "Kind",
    "Lease",
    "Participant",
    "SentBack",
    "Skip",
    "SkipQuerySet",
    "SlowFigure",
    "Study",
    "StudyChange",
    "StudyPlan",
    "StudyQuerySet",
    "StudyVersion",
]
