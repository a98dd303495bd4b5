from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import User
from accounts.two_factor.pending import second_factor_was_given
from accounts.two_factor.services import has_two_factor, is_required

# Signing in and out, and the pages that ask for the code or set it up.
OPEN = ("/accounts/", "/people/two-factor/")
API = "/api/v1/"


def second_factor(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Where the settings ask a role for it, no page is open to whoever has not given it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not (settings.TWO_FACTOR and _owes(request)):
            return get_response(request)
        if request.path_info.startswith(API):
            said = "This account is asked for a code beside its password: give it at /accounts/, or send a token\n"
            return HttpResponse(said, status=403, content_type="text/plain; charset=utf-8")
        return redirect("two-factor-code" if has_two_factor(cast(User, request.user)) else "people-two-factor")

    return middleware


def _owes(request: HttpRequest) -> bool:
    if request.path_info.startswith(OPEN) or _brings_token(request):
        return False
    return request.user.is_authenticated and is_required(request.user) and not second_factor_was_given(request)


def _brings_token(request: HttpRequest) -> bool:
    """The API then asks nothing of the session."""
    kind = request.headers.get("Authorization", "").partition(" ")[0]
    return request.path_info.startswith(API) and kind.lower() == "bearer"
