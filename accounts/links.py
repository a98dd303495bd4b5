"""Links that let people in: invitations, single-use sign-in, crowd entry. A token is known to its holder only."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Deed, Link, User
from accounts.services import user_create
from accounts.trail import deed_record
from common.refusals import Refused

SIGN_IN_HOURS = 24


class LinkRefused(Refused):
    """Why a link lets nobody in, in one line."""


@transaction.atomic
def link_make(
    *,
    kind: Link.Kind,
    by: User,
    valid: timedelta,
    places: int = 1,
    role: User.Role = User.Role.ANNOTATOR,
    person: User | None = None,
    group: Group | None = None,
    study: Any = None,  # a Study, of an app above this one
    cap: int = 0,
    terms: str = "",
    signature: str = "",
) -> tuple[Link, str]:
    """The link and its token, which can't be had again."""
    token = secrets.token_urlsafe(32)
    link = Link.objects.create(
        kind=kind,
        digest=_digest(token),
        role=role,
        person=person,
        group=group,
        study=study,
        places=places,
        cap=cap,
        terms=terms,
        signature=signature,
        expires_at=timezone.now() + valid,
        created_by=by,
    )
    about = study.name if study else group.name if group else ""
    deed_record(
        kind=Deed.Kind.LINK_MADE, by=by, person=person, about=about, link=link.pk, what=kind, role=role, places=places
    )
    return link, token


@transaction.atomic
def sign_in_link_make(*, person: User, by: User) -> str:
    """Earlier ones for the same person end, so that a lost link is mended by making another."""
    if not person.is_active:
        raise LinkRefused(f"{person} is deactivated; reactivate the account first")
    Link.objects.filter(kind=Link.Kind.SIGN_IN, person=person, revoked_at=None).update(revoked_at=timezone.now())
    return link_make(kind=Link.Kind.SIGN_IN, by=by, person=person, valid=timedelta(hours=SIGN_IN_HOURS))[1]


def link_open(*, kind: Link.Kind, token: str, lock: bool = False, expired_too: bool = False) -> Link:
    """The link behind the token, if it still lets in; `lock` it where it is about to be used. `expired_too` for who
    comes back: the caller refuses others by `link_refuse_expired`."""
    links = Link.objects.select_for_update(of=("self",)) if lock else Link.objects
    link = links.filter(kind=kind, digest=_digest(token)).select_related("created_by", "person", "study").first()
    if link is None:
        raise LinkRefused(_("This link is not known here: open it exactly as it was sent"))
    if link.revoked_at:
        raise LinkRefused(_("This link has been revoked: ask whoever sent it for a new one"))
    if not expired_too:
        link_refuse_expired(link)
    if not _maker_may(link):
        raise LinkRefused(_("Whoever made this link may not let people in any more: ask whoever sent it for a new one"))
    return link


def link_refuse_expired(link: Link) -> None:
    if link.expires_at <= timezone.now():
        raise LinkRefused(_("This link has expired: ask whoever sent it for a new one"))


def link_refuse_full(link: Link) -> None:
    if link.n_used >= link.places:
        raise LinkRefused(_("This link is used up: ask whoever sent it for a new one"))


def link_use(link: Link) -> None:
    """Takes a place; the caller holds the link's lock."""
    link_refuse_full(link)
    Link.objects.filter(pk=link.pk).update(n_used=F("n_used") + 1)


@transaction.atomic
def link_revoke(*, link: Link, by: User | None = None) -> None:
    if Link.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now()):
        deed_record(kind=Deed.Kind.LINK_REVOKED, by=by, person=link.person, link=link.pk, what=link.kind)


@transaction.atomic
def invitation_accept(*, token: str, username: str, password: str) -> User:
    link = link_open(kind=Link.Kind.INVITATION, token=token, lock=True)
    link_use(link)
    groups = [link.group] if link.group else []
    return user_create(username=username, password=password, role=User.Role(link.role), groups=groups)


@transaction.atomic
def sign_in_link_use(*, token: str) -> User:
    link = link_open(kind=Link.Kind.SIGN_IN, token=token, lock=True)
    link_use(link)
    if link.person is None or not link.person.is_active:
        raise LinkRefused(_("This account is deactivated; ask a researcher"))
    return link.person


def _maker_may(link: Link) -> bool:
    """A link lasts no longer than its maker's own right to make it."""
    maker = link.created_by
    if not (maker.is_active and maker.is_researcher):
        return False
    if link.kind == Link.Kind.SIGN_IN:
        return User.objects.visible_to(maker).filter(pk=link.person_id).exists()
    return link.role == User.Role.ANNOTATOR or maker.is_administrator


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
