"""The account of whom the provider names: found by issuer and subject, else by a verified address, else made."""

import secrets
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import Identity, User
from accounts.services import user_create
from accounts.sso.claims import name_wanted, role_of, values_at, verified_email
from accounts.sso.client import SsoRefused


@transaction.atomic
def person_of_claims(*, issuer: str, claims: Mapping[str, Any]) -> User:
    """Role and groups are read anew each time, where claims for them are set up."""
    role = role_of(
        claims, claim=settings.OIDC_ROLE_CLAIM, roles=settings.OIDC_ROLES, otherwise=settings.OIDC_ROLE_OTHERWISE
    )
    if role is None:
        raise SsoRefused(_("Your account at %(name)s has no role here; ask whoever runs this site") % _named())
    known = Identity.objects.select_related("person").filter(issuer=issuer, subject=claims["sub"]).first()
    person = known.person if known else _linked(issuer, claims) or _made(issuer, claims, role)
    if not person.is_active:
        raise SsoRefused(_("This account is deactivated; ask a researcher"))
    if settings.OIDC_ROLE_CLAIM and person.role != role:
        person.role, person.is_superuser = role, False  # the model gives an administrator both flags again
        person.save()
    if settings.OIDC_GROUPS_CLAIM:
        person.groups.set(Group.objects.filter(name__in=values_at(claims, settings.OIDC_GROUPS_CLAIM)))
    Identity.objects.filter(issuer=issuer, subject=claims["sub"]).update(used_at=Now())
    return person


def _linked(issuer: str, claims: Mapping[str, Any]) -> User | None:
    """By the address only where the provider has verified it, the administrator allows it, and it is one account's."""
    email = verified_email(claims)
    if not (settings.OIDC_MATCH_EMAIL and email):
        return None
    found = list(User.objects.filter(email__iexact=email, crowd_id="")[:2])
    if len(found) != 1:
        return None
    Identity.objects.create(person=found[0], issuer=issuer, subject=claims["sub"])
    return found[0]


def _made(issuer: str, claims: Mapping[str, Any], role: User.Role) -> User:
    if not settings.OIDC_CREATE:
        raise SsoRefused(_("There is no account for you here; ask a researcher for an invitation"))
    name = name_wanted(claims)
    if User.objects.filter(username__iexact=name).exists():
        name = f"{name}-{secrets.token_hex(4)}"
    person = user_create(username=name, password=None, role=role, email=verified_email(claims))
    Identity.objects.create(person=person, issuer=issuer, subject=claims["sub"])
    return person


def _named() -> dict[str, str]:
    return {"name": settings.OIDC_NAME}
