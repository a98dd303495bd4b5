"""What a provider's claims mean here: role, groups, a name."""

import re
from collections.abc import Mapping
from typing import Any

from accounts.models import User

ODD_IN_NAME = re.compile(r"[^\w.@+-]+")
LONGEST_NAME = 150
HIGHEST_FIRST = (User.Role.ADMINISTRATOR, User.Role.RESEARCHER, User.Role.ANNOTATOR)


def values_at(claims: Mapping[str, Any], path: str) -> list[str]:
    """Of a claim, or of one within others: `realm_access.roles`. A single text is a list of one."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for name in path.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
    many = found if isinstance(found, list) else [found]
    return [value for value in many if isinstance(value, str) and value]


def role_of(claims: Mapping[str, Any], *, claim: str, roles: Mapping[str, str], otherwise: str) -> User.Role | None:
    """The highest that any value stands for; `otherwise` where none does, and None where that is empty."""
    said = {roles[value] for value in values_at(claims, claim) if value in roles} if claim else set()
    found = next((role for role in HIGHEST_FIRST if role in said), otherwise)
    return User.Role(found) if found else None


def verified_email(claims: Mapping[str, Any]) -> str:
    """Empty unless the provider itself says that it is the person's."""
    email = claims.get("email")
    return email if isinstance(email, str) and claims.get("email_verified") is True else ""


def name_wanted(claims: Mapping[str, Any]) -> str:
    for name in ("preferred_username", "email", "name"):
        said = claims.get(name)
        if isinstance(said, str) and (name := ODD_IN_NAME.sub("-", said.split("@")[0]).strip("-")):
            return name[: LONGEST_NAME - 9]
    return "person"
