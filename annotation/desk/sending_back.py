"""Judgments sent back to their annotators with a word."""

from collections.abc import Collection

from django.db import transaction

from accounts.models import Deed, User
from accounts.trail import deed_record
from annotation.design.protocol import StudyRefused
from annotation.models import Judgment, Kind, SentBack, Study

WORD_LENGTH = 300


@transaction.atomic
def judgments_send_back(*, study: Study, judgments: Collection[int], word: str, by: User) -> int:
    """Ask for another look; how many were asked for anew. A revision that follows is marked; what was given before the
    reveal goes on counting, as with every revision."""
    if not word.strip():
        raise StudyRefused("Say in a few words what to look at again: the annotator reads it")
    chosen = Judgment.objects.filter(pk__in=judgments, participant__study=study).exclude(kind=Kind.GOLD)
    chosen = chosen.exclude(kind=Kind.LEFT_OUT).exclude(sent_back__isnull=False, sent_back__answered_at=None)
    asked = [SentBack(judgment=judgment, word=word.strip()[:WORD_LENGTH], by=by) for judgment in chosen]
    made = SentBack.objects.bulk_create(asked)
    if made:
        deed_record(kind=Deed.Kind.JUDGMENT_SENT_BACK, by=by, about=study.name, judgments=len(made))
    return len(made)
