"""Erasure of a person on request: names, ids, links and tokens go; judgments stay under a fresh pseudonym, or go too.

The account's row itself goes, and with it all that hangs on it: links, tokens, exposures, groups. What is kept hangs on
an account of nobody, made for it.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Replace

from accounts.models import Deed, Erasure, User
from accounts.services import PeopleRefused, sessions_end
from accounts.trail import deed_record
from annotation.desk.assigning import assignments_forget
from annotation.desk.ledger import ledger_add
from annotation.judging.leases import lease_release
from annotation.judging.tallying import items_retally
from annotation.models import (
    Adjudication,
    Assignment,
    Demographics,
    Item,
    Judgment,
    Kind,
    Participant,
    SentBack,
    Study,
)

KEEP, REMOVE = "keep", "remove"
CHOICES = (KEEP, REMOVE)


@dataclass(frozen=True, slots=True)
class Erased:
    studies: int
    judgments: int
    comments: int  # taken out, or with their judgments


def erasure_digest(person: User) -> str:
    """Of what an older backup has too, and nothing else: a number alone is given again after a restore."""
    return hashlib.sha256(f"{person.pk} {person.date_joined.isoformat()}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Comment:
    study: str
    item: int
    comment: str


def comments_of(person: User) -> list[Comment]:
    """Free text in which somebody may have named themselves: to be read before it is kept."""
    names = ("item__study__name", "item", "comment")
    said = [
        told
        for texts in _texts_of(person)
        for told in texts.exclude(comment="").order_by("pk").values_list(*names).iterator()
    ]
    return [Comment(*told) for told in said]


def _texts_of(person: User) -> tuple[QuerySet[Judgment], QuerySet[Adjudication]]:
    return Judgment.objects.filter(participant__annotator=person), Adjudication.objects.filter(by=person)


@transaction.atomic
def person_erase(*, person: User, judgments: str, comments: str, by: User | None) -> Erased:
    """`judgments` and `comments`: keep or remove. Raises PeopleRefused."""
    person = _locked(person, by)
    _refuse_unknown(judgments, comments)
    digest = erasure_digest(person)
    parts = list(Participant.objects.filter(annotator=person).select_related("study").order_by("pk"))
    erased = _counted(person, judgments, comments)
    for part in parts:
        lease_release(participant=part)
        if judgments == REMOVE:
            _part_remove(part)
    if judgments == REMOVE:
        _adjudications_remove(person)
    if comments == REMOVE:
        for texts in _texts_of(person):
            texts.exclude(comment="").update(comment="")
    if judgments == KEEP and parts:
        _parts_keep(person, parts)
    _traces_remove(person)
    assigned = list(Assignment.objects.filter(person=person).values_list("item", flat=True))
    person.delete()
    assignments_forget(assigned)
    Erasure.objects.update_or_create(digest=digest, defaults={"judgments": judgments, "comments": comments})
    deed_record(kind=Deed.Kind.PERSON_ERASED, by=by, judgments=judgments, comments=comments, studies=erased.studies)
    transaction.on_commit(lambda: ledger_add(digest=digest, judgments=judgments, comments=comments))
    return erased


def _locked(person: User, by: User | None) -> User:
    found = User.objects.select_for_update().filter(pk=person.pk).first()
    if found is None:
        raise PeopleRefused("This person has been erased already")
    if found == by:
        raise PeopleRefused("You can't erase yourself; ask another administrator")
    others = User.objects.filter(Q(is_superuser=True) | Q(role=User.Role.ADMINISTRATOR), is_active=True)
    if found.is_administrator and not others.exclude(pk=found.pk).exists():
        raise PeopleRefused(f"{found} is the only administrator; make another one first")
    return found


def _refuse_unknown(*choices: str) -> None:
    if unknown := [choice for choice in choices if choice not in CHOICES]:
        raise PeopleRefused(f"Judgments and comments are kept or removed; say keep or remove, not {unknown[0]!r:.40}")


def _counted(person: User, judgments: str, comments: str) -> Erased:
    said = Judgment.objects.filter(participant__annotator=person)
    goes = REMOVE in (judgments, comments)
    counts = said.aggregate(studies=Count("participant__study", distinct=True), judgments=Count("pk"))
    return Erased(**counts, comments=len(comments_of(person)) if goes else 0)


def _part_remove(part: Participant) -> None:
    """With all that they judged and skipped; others may judge the items instead."""
    judged = Item.objects.filter(pk__in=part.judgments.values("item"))
    items = list(judged.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    extra = part.judgments.filter(kind=Kind.EXTRA).values("item")
    Item.objects.filter(pk__in=extra).update(extra_taken=F("extra_taken") - 1)
    study, revision = part.study, Participant.objects.values_list("revision", flat=True).get(pk=part.pk)
    part.delete()
    items_retally(study, items)
    _revision_moves(study, revision + 1)


def _adjudications_remove(person: User) -> None:
    answered = Adjudication.objects.filter(by=person)
    Study.objects.filter(items__in=answered.values("item")).update(slow_revision=F("slow_revision") + 1)
    answered.delete()


def _revision_moves(study: Study, by: int) -> None:
    """Figures are keyed by the sum over the study's participants: it never comes back to an earlier number."""
    if first := study.participants.order_by("pk").first():
        Participant.objects.filter(pk=first.pk).counted_anew(by)
    study.slow_figures.all().delete()


def _parts_keep(person: User, parts: Iterable[Participant]) -> None:
    """Under an account of nobody, in the same groups, so that figures by group stay."""
    nobody = User(username=f"erased-{secrets.token_hex(4)}", is_active=False, role=User.Role.ANNOTATOR)
    nobody.set_unusable_password()
    nobody.save()
    nobody.groups.set(person.groups.all())
    SentBack.objects.filter(judgment__participant__in=[part.pk for part in parts]).update(word="")  # may address them
    Demographics.objects.filter(participant__in=[part.pk for part in parts]).delete()
    for part in parts:
        Participant.objects.filter(pk=part.pk).update(
            annotator=nobody, pseudonym=f"A-{secrets.token_hex(4)}", state_reason="", revision=F("revision") + 1
        )


def _traces_remove(person: User) -> None:
    """What does not hang on the account's row: sessions, guesses at the password, the log of the admin site, and their
    name in the reasons that a researcher gives."""
    sessions_end(person)
    names = [name for name in (person.username, person.email) if name]
    for tries in (AccessAttempt, AccessFailureLog, AccessLog):
        tries.objects.filter(username__in=names).delete()
    of_people = ContentType.objects.get_for_model(User)
    LogEntry.objects.filter(content_type=of_people, object_id=str(person.pk)).delete()
    for name in names:
        SentBack.objects.filter(by=person, word__icontains=name).update(word="")
    told = Participant.objects.filter(state_reason__startswith=f"{person.username} has ")
    told.update(state_reason=Replace("state_reason", Value(f"{person.username} has "), Value("A researcher has ")))
