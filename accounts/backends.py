"""Passwords, unless this site has turned them off: then nobody signs in with one."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


class PasswordsOff:
    """Stands before Django's own backend and ends the search."""

    def authenticate(self, request: HttpRequest | None, **credentials: object) -> None:
        if not settings.PASSWORDS:
            raise PermissionDenied("Passwords are turned off here.")
