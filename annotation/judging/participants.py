"""An annotator's part in a study. Its row is the lock against two tabs and double clicks."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from annotation.judging.reasons import reason_shown
from annotation.judging.refusals import ConfirmOwed, JudgingRefused
from annotation.models import Participant, Study
from annotation.models.rights import may_judge_sql
from common.counting import included_sql, of_people_sql
from common.reading import columns_sql, row_made
from distillation.models import Exposure

_OWN = (
    "state", "state_reason", "qualified_at", "n_tries", "n_judged", "n_seen", "n_skipped", "seconds",
    "cursor_block", "cursor_taken", "cursor_key", "place",
    "consent_version", "guidelines_version",
)  # fmt: skip
BY_ROLE = "role"
_SEEN = f"""
    CASE WHEN p.role <> 'annotator' THEN '{BY_ROLE}' ELSE coalesce((
        SELECT min(e."where") FROM distillation_exposure e JOIN annotation_study_runs r ON r.run_id = e.run_id
        WHERE e.user_id = p.annotator_id AND r.study_id = p.study_id), '') END
"""  # noqa: S608 - a word of our own
_READ = ("cap", "n_beyond", "may_judge", "study_judged", "judged_elsewhere", "had_seen", "owes_answers", "version_now")
_OF_STUDY = ("seen", "consent_version", "guidelines_version", "state")
_CAP = "coalesce(nullif(l.cap, 0), s.cap)"
_MAY_JUDGE = may_judge_sql()


def _as_it_is(may_judge: str) -> str:
    return f"""
    {_CAP},
    CASE WHEN {_CAP} > 0 AND (s.repeat_share > 0 OR s.extra_votes > 0) THEN
        (SELECT count(*) FROM annotation_judgment j
         WHERE j.participant_id = p.id AND j.kind IN ('repeat', 'extra')) ELSE 0 END,
    {may_judge},
    (SELECT coalesce(sum(o.n_judged) FILTER (WHERE {included_sql("o")}), 0)
     FROM annotation_participant o WHERE o.study_id = p.study_id),
    EXISTS (SELECT FROM annotation_participant o
            WHERE o.annotator_id = p.annotator_id AND o.id <> p.id AND o.n_judged + o.n_seen > 0),
    {_SEEN},
    s.demographics <> '[]' AND NOT EXISTS (
        SELECT FROM annotation_demographics d WHERE d.participant_id = p.id),
    s.version, {", ".join(f"s.{name}" for name in _OF_STUDY)}
"""  # noqa: S608 - names of our own


_FROM = """
    FROM annotation_participant p JOIN annotation_study s ON s.id = p.study_id
    LEFT JOIN accounts_link l ON l.id = p.link_id
"""
_REFRESH = f"SELECT {', '.join(f'p.{name}' for name in _OWN)}, {_as_it_is(_MAY_JUDGE)} {_FROM} WHERE p.id = %s"
_LOCK = " FOR UPDATE OF p"
_MINE = f"WHERE p.study_id = %s AND p.annotator_id = %s AND {of_people_sql()} AND {_MAY_JUDGE}"
_COLUMNS = f"s.xmin::text, {columns_sql(Participant, 'p')}"
_GET = f"SELECT {_COLUMNS} {_FROM} {_MINE}"
# Whoever is found may judge: asked a second time, it would be a fifth of the statement.
_HOLD = f"SELECT {_COLUMNS}, {_as_it_is('true')} {_FROM} {_MINE} {_LOCK}"
_N_COLUMNS = len(Participant._meta.concrete_fields)

Given = ParamSpec("Given")
Made = TypeVar("Made")


def participant_get(*, study_id: int, annotator: User) -> Participant:
    """The annotator's part in the study, made at the first visit. Raises Study.DoesNotExist where there is none, and
    where it has ended because somebody took them out of the group, deactivated them or changed their role."""
    participant = _participant_read(_GET, study_id, annotator)
    if participant is None:
        participant_join(Study.objects.for_annotator(annotator).get(pk=study_id), annotator)
        participant = _participant_read(_GET, study_id, annotator)
    if participant is None:
        raise Study.DoesNotExist
    return participant


@contextmanager
def participant_held(*, study_id: int, annotator: User) -> Iterator[Participant]:
    """A transaction under the lock of the annotator's part: what is done for them within it takes neither a second lock
    nor savepoints, so a refusal has to leave it. Raises as `participant_get`."""
    with transaction.atomic():
        participant = _participant_read(_HOLD, study_id, annotator)
        if participant is None:
            participant = participant_lock(participant_get(study_id=study_id, annotator=annotator))
        participant.is_held = True
        try:
            yield participant
        finally:
            participant.is_held = False


def under_lock(write: Callable[Given, Made]) -> Callable[Given, Made]:
    """For functions of `participant`: in a transaction under their lock, or in that which holds them already."""

    @wraps(write)
    def locked(*args: Given.args, **asked: Given.kwargs) -> Made:
        participant = cast(Participant, asked["participant"])
        if participant.is_held:
            return write(*args, **asked)
        with transaction.atomic():
            participant_lock(participant)
            return write(*args, **asked)

    return locked


def _participant_read(sql: str, study_id: int, annotator: User) -> Participant | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, [study_id, annotator.pk])
        found = cursor.fetchone()
    if found is None:
        return None
    row, *own = found
    participant = row_made(Participant, own[:_N_COLUMNS])
    # A copy, because what is read under the lock is written into it: no request sees what another one has read.
    participant.study = copy(_study_as_stored(study_id, row))
    if as_it_is := own[_N_COLUMNS:]:
        _take_over(participant, as_it_is)
    return participant


def _take_over(participant: Participant, as_it_is: Sequence) -> None:
    for name, value in zip(_READ, as_it_is, strict=False):
        setattr(participant, name, value)
    for name, value in zip(_OF_STUDY, as_it_is[len(_READ) :], strict=True):
        setattr(participant.study, name, value)


@lru_cache(maxsize=64)
def _study_as_stored(pk: int, row: str) -> Study:
    """Never handed out itself. `row` is PostgreSQL's xmin: another one after each change of the row.

    Kept because two requests a judgment come through here, and reading the study anew takes 0.4 ms more of a processor
    in each of them: with the ORM 1.1 ms.
    """
    study = Study.objects.get(pk=pk)
    study.row = row
    study.questions  # noqa: B018 - made once, for all copies
    return study


def participant_join(study: Study, annotator: User) -> Participant:
    pseudonym = f"A-{secrets.token_hex(4)}"
    joins = {"pseudonym": pseudonym, "role": annotator.role, "guidelines_version": study.guidelines_version}
    return Participant.objects.get_or_create(study=study, annotator=annotator, defaults=joins)[0]


def participant_lock(participant: Participant) -> Participant:
    """Lock the participant's row until the transaction ends, and bring the object up to date with it."""
    participant_refresh(participant, _LOCK)
    participant.has_item = None
    return participant


def participant_refresh(participant: Participant, lock: str = "") -> None:
    """Read anew what judging changes, in one query without building models; `study_judged` is all of the study's."""
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH + lock, [participant.pk])
        found = cursor.fetchone()
    for name, value in zip(_OWN, found, strict=False):
        setattr(participant, name, value)
    _take_over(participant, found[len(_OWN) :])


def refuse_without_right(participant: Participant) -> None:
    """For what changed between the first look and the lock: mostly a page has found nothing already."""
    if not participant.may_judge:
        raise PermissionDenied(_("You may not judge in %(study)s any more") % {"study": participant.study.name})


def refuse_unless_at_work(participant: Participant, *, closed_too: bool = False) -> None:
    """`closed_too`: they have an item that was open when the study was closed."""
    refuse_without_right(participant)
    study = participant.study
    if study.state != Study.State.OPEN and not closed_too:
        why = (
            _("The study %(study)s is closed; what you have saved is kept")
            if study.state == Study.State.CLOSED
            else _("The study %(study)s is paused; what you have saved is kept")
        )
        raise JudgingRefused(why % {"study": study.name})
    if participant.state != Participant.State.ACTIVE:
        why = _("Your work on %(study)s is stopped: %(reason)s")
        raise JudgingRefused(why % {"study": study.name, "reason": reason_shown(participant.state_reason)})
    if is_barred(participant):
        why = _("You have seen verdicts of what %(study)s asks about; it is for people who have not")
        raise JudgingRefused(why % {"study": study.name})
    if participant.place == Participant.Place.GONE:
        raise JudgingRefused(_("Your place is with somebody else now; open the study from the platform to ask again"))


def verdicts_seen(study: Study, person: User) -> str:
    """Where this person has seen verdicts of the study's runs, or could; the rule above of who has no part in it."""
    if person.role != User.Role.ANNOTATOR:
        return BY_ROLE
    seen = Exposure.objects.filter(user=person, run__in=study.runs.all())
    return seen.order_by("where").values_list("where", flat=True).first() or ""


def is_barred(participant: Participant) -> bool:
    """Whether they have seen verdicts, in a study that has nobody who has; as read under the lock."""
    return bool(participant.had_seen) and participant.study.seen == Study.Seen.REFUSE


def refuse_unconfirmed(participant: Participant) -> None:
    study = participant.study
    if participant.consent_version < study.consent_version:
        raise ConfirmOwed(_("Read and accept the consent text of %(study)s first") % {"study": study.name})
    if participant.guidelines_version < study.guidelines_version:
        raise ConfirmOwed(_("The guidelines of %(study)s have changed: read what is new first") % {"study": study.name})
    if participant.owes_answers:
        raise ConfirmOwed(_("Answer the questions of %(study)s about yourself first") % {"study": study.name})


def is_at_cap(participant: Participant) -> bool:
    """Whether they have given as many judgments as one person may; as read under the lock."""
    return 0 < participant.cap <= participant.n_judged + participant.n_seen + participant.n_beyond
