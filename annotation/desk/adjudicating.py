"""Ties and contested items before a named adjudicator, blind as everybody: the verdict is not shown, and who has seen
it is refused or marked, as the study has it. The answers are kept apart from judgments."""

from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Deed, User
from accounts.trail import deed_record
from annotation.design.protocol import StudyRefused
from annotation.figures.splits import SPLIT, with_votes
from annotation.judging.finding.extra import revealed_to
from annotation.judging.participants import verdicts_seen
from annotation.judging.refusals import JudgingRefused
from annotation.judging.writing import COMMENT_LENGTH, Answers, answers_checked
from annotation.models import Adjudication, Item, Judgment, Participant, Study
from common.complete import fully_judged_q

OWN = "own"  # the verdict was shown to them after a judgment of their own, in another study


@transaction.atomic
def adjudicator_set(*, study: Study, adjudicator: User | None, by: User | None) -> None:
    if study.is_preference and adjudicator:
        raise StudyRefused("Preferences are not adjudicated: there is no right one of two tastes")
    if adjudicator and not adjudicator.is_active:
        raise StudyRefused(f"{adjudicator} is deactivated; reactivate the account first")
    if adjudicator and is_refused(study, adjudicator):
        raise StudyRefused(
            f"{adjudicator} has seen verdicts of the runs of {study.name}, or could, and it is for people who have "
            "not; name somebody else, or let the study mark them"
        )
    Study.objects.filter(pk=study.pk).update(adjudicator=adjudicator)
    deed_record(kind=Deed.Kind.ADJUDICATOR, by=by, person=adjudicator, about=study.name)


def contested(study: Study) -> QuerySet[Any]:  # of items, with `lead` and `total`
    """Complete items over which people are split on the first question, ties among them."""
    complete = Item.objects.sampled().filter(fully_judged_q(), study=study)
    return with_votes(complete, study.questions[0]).filter(SPLIT)


def is_refused(study: Study, adjudicator: User) -> bool:
    return study.seen == Study.Seen.REFUSE and bool(verdicts_seen(study, adjudicator))


def to_adjudicate(study: Study, adjudicator: User) -> QuerySet[Item]:
    """Not what they have judged themselves, and not what has an answer; ties first. Where the study refuses who has
    seen verdicts, not what they have seen the verdict of."""
    mine = Participant.objects.filter(study=study, annotator=adjudicator)
    judged = Judgment.objects.filter(participant__in=mine).values("item")
    left = contested(study).filter(adjudication=None).exclude(pk__in=judged)
    if study.seen == Study.Seen.REFUSE:
        left = left.none() if is_refused(study, adjudicator) else left.exclude(Exists(_revealed(adjudicator)))
    return left.order_by(F("lead") * F("lead"), "order_key")


def _revealed(adjudicator: User) -> QuerySet[Judgment]:
    return revealed_to(adjudicator.pk).filter(item__intention=OuterRef("intention"))


def _had_seen(study: Study, item_id: int, by: User) -> str:
    """Where they had seen the item's verdict, or could. Raises JudgingRefused where the study is for others."""
    shown = Item.objects.filter(Exists(_revealed(by)), pk=item_id).exists()
    seen = verdicts_seen(study, by) or (OWN if shown else "")
    if seen and study.seen == Study.Seen.REFUSE:
        why = _("You have seen verdicts of what %(study)s asks about; it is for people who have not")
        raise JudgingRefused(why % {"study": study.name})
    return seen


@transaction.atomic
def adjudication_save(
    *, study: Study, item_id: int, plausibility: int | None, typicality: int | None, comment: str, by: User
) -> Adjudication:
    """Once for each item. Raises JudgingRefused."""
    study = Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    if study.adjudicator_id != by.pk:
        raise JudgingRefused(_("You are not the adjudicator of %(study)s; ask a researcher") % {"study": study.name})
    if Judgment.objects.filter(participant__annotator=by, item=item_id).exists():
        raise JudgingRefused(_("You have judged this item yourself; somebody else must adjudicate it"))
    if earlier := Adjudication.objects.filter(item=item_id).first():
        return earlier
    had_seen = _had_seen(study, item_id, by)
    if not contested(study).filter(pk=item_id).exists():
        raise JudgingRefused(_("This item is not contested, or not in this study; here is what comes next"))
    if plausibility is None:
        raise JudgingRefused(_("Answer the question: %(question)s") % {"question": study.questions[0].text})
    said = answers_checked(study, Answers(plausibility, typicality))
    made = Adjudication.objects.create(
        item_id=item_id,
        by=by,
        plausibility=plausibility,
        typicality=said.typicality,
        comment=comment[:COMMENT_LENGTH],
        had_seen=had_seen,
    )
    Study.objects.filter(pk=study.pk).update(slow_revision=F("slow_revision") + 1)  # figures may be set against it
    return made
