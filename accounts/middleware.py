from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from accounts.models import User

# Judging makes many requests a minute; the People page need not know to the second.
EVERY = timedelta(minutes=5)


class Person(AuthenticationMiddleware):
    """Takes who was read with the session where all holds that Django asks of them; else Django is asked."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _signed_in(request) or get_user(request))  # type: ignore[assignment]


def _signed_in(request: HttpRequest) -> Any:
    session: Any = request.session
    known = str(session.get(SESSION_KEY, "")), session.get(BACKEND_SESSION_KEY), session.get(HASH_SESSION_KEY, "")
    person = session.person
    if person is None or not person.is_active or known[0] != str(person.pk):
        return None
    if known[1] not in settings.AUTHENTICATION_BACKENDS:
        return None
    return person if constant_time_compare(known[2], person.get_session_auth_hash()) else None


def not_kept(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """What a person sees signed in stays in no cache, a browser's own on a shared machine neither. Pictures say that
    they may be kept."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return middleware


def last_seen(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        response, now = get_response(request), timezone.now()
        user = request.user
        if user.is_authenticated and (user.last_seen_at is None or user.last_seen_at < now - EVERY):
            User.objects.filter(pk=user.pk).update(last_seen_at=now)
        return response

    return middleware
