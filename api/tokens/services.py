"""Tokens of programs: made, found by their secret, revoked. A secret is known to its holder only."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from api.models import ApiToken, Scope
from common.refusals import Refused

MARK = "ms_"  # tells scanners of code and logs what it is
LONGEST = timedelta(days=366)
USED_EVERY = timedelta(minutes=5)  # a program asks many times a minute; when it did need not be known to the second


class TokenRefused(Refused):
    """Why a token can't be made, in one line."""


def scopes_of(owner: User) -> list[Scope]:
    """The scopes that make sense for the owner's role."""
    scopes = [Scope.READ, Scope.JUDGE]
    if owner.is_researcher:
        scopes += [Scope.RUNS_WRITE, Scope.STUDIES_WRITE, Scope.EXPORT]
    return [*scopes, Scope.ADMIN] if owner.is_administrator else scopes


def token_create(*, owner: User, name: str, scopes: Iterable[str], valid: timedelta) -> tuple[ApiToken, str]:
    """The token and its secret, which can't be had again."""
    wanted = [scope for scope in Scope if scope in set(scopes)]
    _refuse_unusable(owner, name, set(scopes), valid)
    secret = MARK + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        owner=owner,
        name=name.strip(),
        digest=_digest(secret),
        prefix=secret[:11],
        scopes=wanted,
        expires_at=timezone.now() + valid,
    )
    return token, secret


def token_find(secret: str) -> ApiToken | None:
    """The token behind a secret, if it is still valid; records that it was used."""
    token = ApiToken.objects.usable().select_related("owner").filter(digest=_digest(secret)).first()
    now = timezone.now()
    if token and (token.last_used_at is None or token.last_used_at < now - USED_EVERY):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def token_revoke(*, token: ApiToken) -> None:
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


def _refuse_unusable(owner: User, name: str, scopes: set[str], valid: timedelta) -> None:
    if not 1 <= len(name.strip()) <= 100:
        raise TokenRefused("A token needs a name of 1 to 100 letters: what will use it?")
    if not owner.is_active:
        raise TokenRefused(f"{owner} is deactivated; reactivate the account first")
    if owner.crowd_id:
        raise TokenRefused("An account that came from a crowd platform has no use for tokens: it judges in the browser")
    possible = scopes_of(owner)
    if not scopes or scopes - set(possible):
        what = ", ".join(sorted(scopes - set(possible))) or "no scope"
        raise TokenRefused(f"{what}: choose among {', '.join(possible)}, which are open to the role {owner.role}")
    if not timedelta() < valid <= LONGEST:
        raise TokenRefused(f"A token lasts 1 to {LONGEST.days} days")


def _digest(secret: str) -> str:
    # Unsalted and fast: 256 random bits can't be found by trying.
    return hashlib.sha256(secret.encode()).hexdigest()
