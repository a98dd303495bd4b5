from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.two_factor.pending import second_factor_was_given
from accounts.two_factor.services import has_two_factor, is_required

# Signing in and out, the pages that ask for the code or set it up, and what programs ask with a token.
OPEN = ("/accounts/", "/people/two-factor/", "/api/v1/")


def second_factor(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Where the settings ask a role for it, no page is open to whoever has not given it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if settings.TWO_FACTOR and _owes(request):
            return redirect("two-factor-code" if has_two_factor(request.user) else "people-two-factor")
        return get_response(request)

    return middleware


def _owes(request: HttpRequest) -> bool:
    if request.path_info.startswith(OPEN):
        return False
    return request.user.is_authenticated and is_required(request.user) and not second_factor_was_given(request)
