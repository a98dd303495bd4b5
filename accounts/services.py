from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from accounts.models import Deed, Link, User
from accounts.trail import deed_record
from common.refusals import Refused


class PeopleRefused(Refused):
    """What was asked of somebody's account can't be done; the text says why, in one line."""


@transaction.atomic
def user_create(
    *, username: str, password: str | None, role: User.Role, email: str = "", groups: Iterable[Group] = ()
) -> User:
    """Without a password the person comes in by links only."""
    user = User(username=User.normalize_username(username), role=role, email=email)
    user.set_password(password)
    user.full_clean(exclude=["password"])
    user.save()
    user.groups.set(groups)
    return user


@transaction.atomic
def person_deactivate(*, person: User, by: User) -> None:
    """Nobody can sign in with it any more; the account and its judgments stay."""
    if person == by:
        raise PeopleRefused("You can't deactivate yourself; ask another administrator or researcher")
    User.objects.filter(pk=person.pk).update(is_active=False)
    Link.objects.filter(person=person, revoked_at=None).update(revoked_at=timezone.now())
    person.api_tokens.filter(revoked_at=None).update(revoked_at=timezone.now())
    sessions_end(person)
    deed_record(kind=Deed.Kind.PERSON_DEACTIVATED, by=by, person=person)


@transaction.atomic
def person_reactivate(*, person: User, by: User | None = None) -> None:
    User.objects.filter(pk=person.pk).update(is_active=True)
    deed_record(kind=Deed.Kind.PERSON_REACTIVATED, by=by, person=person)


@transaction.atomic
def person_set_groups(*, person: User, groups: Iterable[Group], by: User) -> None:
    person.groups.set(groups)
    deed_record(kind=Deed.Kind.PERSON_GROUPS, by=by, person=person, groups=[group.pk for group in person.groups.all()])


def sessions_end(person: User) -> None:
    """Deleted, not only refused: after a reactivation an old browser is not signed in again."""
    person.sessions.all().delete()


def group_create(*, name: str) -> Group:
    group = Group(name=name.strip())
    try:
        group.full_clean()
    except ValidationError as error:
        why = "there is one of this name" if Group.objects.filter(name=group.name).exists() else "give 1 to 150 letters"
        raise PeopleRefused(f"The group “{group.name[:150]}” can't be made: {why}") from error
    group.save()
    return group


@transaction.atomic
def group_delete(*, group: Group) -> None:
    """A study of no group is open to every annotator, so a study's group must not vanish under it."""
    if studies := [study.name for study in group.studies.all()]:
        raise PeopleRefused(f"The group {group.name} judges in {', '.join(studies)}; change who may judge there first")
    try:
        group.delete()
    except ProtectedError as error:
        raise PeopleRefused(f"Items are assigned to the group {group.name}; take them back there first") from error
