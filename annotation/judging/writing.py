"""Judgments, audits and revisions: blind, freeze, reveal. Nothing is acknowledged before it is committed, and whatever
is sent twice is kept once."""

import json
import random
import uuid
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, NoReturn

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.judging.confirming import refuse_other_version
from annotation.judging.leases import lease_at_close
from annotation.judging.participants import (
    participant_lock,
    refuse_unless_at_work,
    refuse_without_right,
    under_lock,
)
from annotation.judging.quality.measures import rules_check
from annotation.judging.quality.qualification import qualification_update
from annotation.judging.refusals import JudgingRefused, LeaseGone
from annotation.judging.shown import OF_REVEALED, REVEALED, beside
from annotation.judging.tallying import items_retally
from annotation.models import Item, Judgment, JudgmentRevision, Kind, Participant, Study
from annotation.scales import Question, question_translated
from common.counting import first_sql, is_first, seen_sql
from common.reading import columns_sql, row_beside

COMMENT_LENGTH = 2_000
_WRITE = f"""
    WITH lease AS (
        DELETE FROM annotation_lease WHERE participant_id = %(participant)s AND item_id = %(item)s
        RETURNING item_id, kind, a_on_left, first_left,
                  extract(epoch FROM statement_timestamp() - started_at)::float8 AS seconds
    ), timed AS (
        SELECT *, least(seconds, greatest(0, coalesce(%(active)s::float8, seconds))) AS active FROM lease
    ), counted AS (
        UPDATE annotation_item i
        SET n_judged = i.n_judged + 1, judged_at = clock_timestamp(),
            plausibility_tally = i.plausibility_tally + %(plausibility_unit)s,
            typicality_tally = i.typicality_tally + %(typicality_unit)s
        FROM timed WHERE i.id = timed.item_id AND {first_sql("timed")}
        RETURNING i.plausibility_tally, i.judged_at, i.filter_yes <> %(says_yes)s::boolean AS differs
    ), moved AS (
        UPDATE annotation_participant p
        SET n_judged = p.n_judged + ({first_sql("timed")})::int,
            n_seen = p.n_seen + ({seen_sql("timed")})::int, seconds = p.seconds + timed.active,
            n_differed = p.n_differed + coalesce(counted.differs AND %(audit)s, false)::int,
            n_agreed = p.n_agreed + coalesce(NOT counted.differs AND %(audit)s, false)::int,
            n_differed_unshown = p.n_differed_unshown + coalesce(counted.differs AND NOT %(audit)s, false)::int,
            n_agreed_unshown = p.n_agreed_unshown + coalesce(NOT counted.differs AND NOT %(audit)s, false)::int,
            revision = p.revision + 1, place = CASE p.place WHEN 'held' THEN 'spent' ELSE p.place END
        FROM timed LEFT JOIN counted ON true WHERE p.id = %(participant)s
    ), written AS (
        INSERT INTO annotation_judgment
            (item_id, participant_id, kind, submission, plausibility, typicality, preference, a_on_left, first_left,
             seconds, active_seconds, look, comment, version, role, had_seen, audit_asked, audit_reason, tally,
             created_at)
        SELECT item_id, %(participant)s, kind, %(submission)s, %(plausibility)s, %(typicality)s, %(preference)s,
               a_on_left, first_left, seconds, active, %(look)s::jsonb, %(comment)s, %(version)s,
               %(role)s, %(had_seen)s,
               %(audit)s AND kind NOT IN ('gold', 'extra')
               AND (SELECT filter_yes IS NOT NULL FROM annotation_item WHERE id = item_id),
               '', counted.plausibility_tally, coalesce(counted.judged_at, statement_timestamp())
        FROM timed LEFT JOIN counted ON true
        RETURNING *
    )
    SELECT {columns_sql(Judgment, "written")}, shown.*
    FROM written LEFT JOIN {beside(OF_REVEALED, REVEALED, "written.item_id")} ON written.audit_asked
"""  # noqa: S608 - a rule of our own
_AUDIT = f"""
    WITH audited AS (
        UPDATE annotation_judgment
        SET filter_right = %(right)s, audit_reason = %(reason)s, audited_at = statement_timestamp()
        WHERE id = %(judgment)s AND participant_id = %(participant)s AND audit_asked AND filter_right IS NULL
        RETURNING *
    ), moved AS (
        UPDATE annotation_participant p
        SET revision = p.revision + 1, n_audited = p.n_audited + ({first_sql("audited")})::int,
            n_filter_right = p.n_filter_right + ({first_sql("audited")} AND audited.filter_right)::int
        FROM audited WHERE p.id = audited.participant_id
    )
    SELECT {columns_sql(Judgment, "audited")},
           EXISTS (SELECT FROM annotation_lease l WHERE l.participant_id = %(participant)s)
    FROM audited
"""  # noqa: S608 - a rule of our own


@dataclass(frozen=True, slots=True)
class Answers:
    """Ratings, or a preference."""

    plausibility: int | None = None
    typicality: int | None = None
    preference: int | None = None


def judgment_to_audit(participant: Participant) -> Judgment | None:
    """Of a closed study only one that was just saved."""
    return (
        _auditable(participant)
        .select_related("item__intention__verdict", "item__intention__run")
        .order_by("pk")
        .first()
    )


def _auditable(participant: Participant) -> QuerySet[Judgment]:
    owed, study = participant.judgments.to_audit(), participant.study
    if study.state != Study.State.CLOSED:
        return owed
    return owed.filter(created_at__gte=timezone.now() - timedelta(minutes=study.lease_minutes))


@under_lock
def judgment_save(
    *,
    participant: Participant,
    item_id: int,
    submission: uuid.UUID,
    plausibility: int | None = None,
    typicality: int | None = None,
    preference: int | None = None,
    active_seconds: float | None = None,
    look: dict | None = None,
    comment: str = "",
    version: int | None = None,
) -> Judgment:
    """Save the answers for good. The same submission sent again is the same judgment. `version` is that of the protocol
    whose questions were shown; None, of programs here, is the present one."""
    refuse_without_right(participant)
    said = Answers(plausibility, typicality, preference)
    written = _written(item_id, submission, active_seconds, look, comment)
    try:
        judgment = _write_checked(participant, said, written, version)
    except JudgingRefused:
        # Looked up only where something is in the way: most submits come once.
        if not transaction.get_rollback() and (earlier := _submitted(participant, item_id, submission)):
            return earlier
        raise
    if judgment is None:
        return _submitted(participant, item_id, submission) or _refuse_without_lease(participant, item_id)
    _counted(participant, judgment)
    if judgment.kind == Kind.GOLD:
        qualification_update(participant)
    rules_check(participant)
    return judgment


@under_lock
def audit_save(*, participant: Participant, judgment_id: int, filter_right: bool, reason: str = "") -> Judgment:
    """Record whether the filter was right, and what it misjudged if not; the first answer counts."""
    refuse_without_right(participant)
    # A pause takes effect between items; what is revealed may still be answered.
    closed = participant.study.state == Study.State.CLOSED
    is_closed = closed and not _auditable(participant).filter(pk=judgment_id).exists()
    is_odd = reason and (filter_right or reason not in Judgment.AuditReason.values)
    if not (is_closed or is_odd) and (audited := _write_audit(participant, judgment_id, filter_right, reason)):
        return audited
    judgment = participant.judgments.filter(pk=judgment_id, audit_asked=True).first()
    if judgment is None:
        raise JudgingRefused(_("The filter can be audited after you have rated the item; rate it first"))
    if judgment.filter_right is not None:
        return judgment
    if is_closed:
        refuse_unless_at_work(participant)
    raise JudgingRefused(_("Choose one of the reasons on the page; they are for a filter that was wrong"))


def _write_audit(participant: Participant, judgment_id: int, filter_right: bool, reason: str) -> Judgment | None:
    values = {"right": filter_right, "reason": reason, "judgment": judgment_id, "participant": participant.pk}
    if found := row_beside(Judgment, _AUDIT, values):
        (participant.has_item,) = found[1]
    return found and found[0]


@transaction.atomic
def judgment_revise(
    *,
    participant: Participant,
    judgment_id: int,
    submission: uuid.UUID,
    plausibility: int | None = None,
    typicality: int | None = None,
    preference: int | None = None,
) -> JudgmentRevision:
    """Change one's own answers. Before the reveal the judgment follows; after it the blind ratings go on counting."""
    participant = participant_lock(participant)
    refuse_without_right(participant)
    if earlier := JudgmentRevision.objects.filter(submission=submission, judgment__participant=participant).first():
        return earlier
    refuse_unless_at_work(participant)
    judgment = participant.judgments.exclude(kind=Kind.GOLD).filter(pk=judgment_id).first()
    if judgment is None:
        raise JudgingRefused(_("This is not an item that you have judged; go back to your own items"))
    answers = asdict(answers_checked(participant.study, Answers(plausibility, typicality, preference)))
    revision = JudgmentRevision.objects.create(
        judgment=judgment,
        submission=submission,
        **answers,
        before={question.name: getattr(judgment, question.name) for question in participant.study.questions},
        after_reveal=judgment.audit_asked,
        sent_back=bool(sent_back_answer(judgment)),
    )
    if not revision.after_reveal:
        participant.judgments.filter(pk=judgment.pk).update(**answers)
        if is_first(judgment.kind):
            item = Item.objects.select_for_update(no_key=True).get(pk=judgment.item_id)
            items_retally(participant.study, [item.pk])
            _side_moves(judgment, answers["plausibility"], item.filter_yes)
            Participant.objects.filter(pk=participant.pk).counted_anew()
    _revision_grows(participant)
    return revision


def sent_back_answer(judgment: Judgment) -> int:
    """Whoever was asked to look again has done so, whether they change anything or not."""
    return judgment.sent_back.filter(answered_at=None).update(answered_at=Now())


@transaction.atomic
def comment_save(*, participant: Participant, judgment_id: int, comment: str) -> None:
    if not participant.judgments.filter(pk=judgment_id).update(comment=comment[:COMMENT_LENGTH]):
        raise JudgingRefused(_("This is not an item that you have judged; go back to your own items"))


def answers_checked(study: Study, said: Answers) -> Answers:
    """What the study's questions ask for, and nothing else."""
    if study.is_preference:
        return Answers(preference=_answered(study.questions[0], said.preference))
    first, second = study.questions
    plausibility = _answered(first, said.plausibility)
    if study.typicality_after_yes and plausibility < first.positive_from:
        return Answers(plausibility)
    return Answers(plausibility, _answered(second, said.typicality))


def _answered(question: Question, value: int | None) -> int:
    if value is None or value not in question.values:
        raise JudgingRefused(_("Answer the question: %(question)s") % {"question": question_translated(question).text})
    return value


def _submitted(participant: Participant, item_id: int, submission: uuid.UUID) -> Judgment | None:
    earlier = Judgment.objects.filter(submission=submission).first()
    if earlier and (earlier.participant_id, earlier.item_id) != (participant.pk, item_id):
        raise JudgingRefused(_("This form belongs to another item; load the page again"))
    return earlier


def _counted(participant: Participant, judgment: Judgment) -> None:
    """Bring the object up to date with the counts that the statement has changed in the row."""
    participant.seconds += judgment.active_seconds
    participant.n_seen += judgment.kind == Kind.SEEN
    if is_first(judgment.kind):
        participant.n_judged += 1
        if participant.study_judged is not None:
            participant.study_judged += 1


def _refuse_without_lease(participant: Participant, item_id: int) -> NoReturn:
    if participant.judgments.filter(item_id=item_id).exists():
        raise JudgingRefused(_("You have judged this item already; your first ratings count"))
    raise LeaseGone(_("This item is not yours any more: it went back to the others. Here is what comes next"))


def _side_moves(judgment: Judgment, plausibility: int | None, verdict: bool | None) -> None:
    """From the verdict's side to the other, or back; the verdict was not revealed."""
    participant = judgment.participant
    was, now = (_says_yes(participant.study, each) for each in (judgment.plausibility, plausibility))
    if verdict is not None and was != now:
        moves = 1 if now != verdict else -1
        Participant.objects.filter(pk=participant.pk).update(
            n_differed_unshown=F("n_differed_unshown") + moves, n_agreed_unshown=F("n_agreed_unshown") - moves
        )


def _says_yes(study: Study, plausibility: int | None) -> bool | None:
    return None if plausibility is None else plausibility >= study.questions[0].positive_from


def _revision_grows(participant: Participant) -> None:
    Participant.objects.filter(pk=participant.pk).update(revision=F("revision") + 1)


def _units(questions: tuple[Question, ...], answers: Answers) -> dict[str, int]:
    """What the answers add to the item's tallies; preferences have none."""
    given = {question.name: (question, getattr(answers, question.name)) for question in questions}
    units = {name: 0 if value is None else question.unit(value) for name, (question, value) in given.items()}
    return {f"{name}_unit": units.get(name, 0) for name in ("plausibility", "typicality")}


def _written(
    item_id: int, submission: uuid.UUID, active: float | None, look: dict | None, comment: str
) -> dict[str, Any]:
    return {
        "item": item_id,
        "submission": submission,
        "active": active,
        "look": None if look is None else json.dumps(look),
        "comment": comment[:COMMENT_LENGTH],
    }


def _write_checked(
    participant: Participant, said: Answers, written: dict[str, Any], version: int | None
) -> Judgment | None:
    refuse_unless_at_work(participant, closed_too=lease_at_close(participant) is not None)
    if version is not None:
        refuse_other_version(participant, version)
    return _write(participant, answers_checked(participant.study, said), written)


def _write(participant: Participant, answers: Answers, written: dict[str, Any]) -> Judgment | None:
    """One statement writes the judgment if there is a lease, updates the counts of item and participant, and reads what
    is revealed.

    The time is taken under the item's lock: in its order the judgments' tallies grow.
    """
    study = participant.study
    values = {
        **written,
        **asdict(answers),
        **_units(study.questions, answers),
        "says_yes": _says_yes(study, answers.plausibility),
        "participant": participant.pk,
        "version": participant.version_now,
        "role": participant.role,
        "had_seen": participant.had_seen,
        "audit": random.random() < study.audit_share,  # noqa: S311 - a share, not a secret
    }
    try:
        found = row_beside(Judgment, _WRITE, values)
    except IntegrityError as error:
        # Only somebody else's submission, at this very instant, can be in the way.
        transaction.set_rollback(True)
        raise JudgingRefused(_("This form belongs to another item; load the page again")) from error
    if found and found[0].audit_asked:
        found[0].shown = found[1]
    return found and found[0]
