from collections.abc import Callable
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import User

# Judging makes many requests a minute; the People page need not know to the second.
EVERY = timedelta(minutes=5)


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
