"""What is turned away before a view sees it, and what a browser is to turn away."""

import sys
from collections.abc import Callable

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views import defaults

from api.base.problems import problem
from common.away import AGAIN_S, WORDS, is_for_later
from common.nul import REFUSED, is_about_nul

NUL = "\0"


class RefuseNul:
    """In the address and in cookies at once. Forms refuse it in their own words; where one looks at nothing, the
    database does, and its transaction is undone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if NUL in request.path_info:
            return refused(request, 404, REFUSED)
        if any(NUL in value for value in request.COOKIES.values()):
            return refused(request, 400, REFUSED)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return refused(request, 400, REFUSED) if is_about_nul(error) else None


class ContentPolicy:
    """One for all pages, so put together once: django-csp's own middleware does it twice for each answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._read, self._policy = settings.CONTENT_SECURITY_POLICY, build_policy()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.CONTENT_SECURITY_POLICY is not self._read:  # a test sets another, and the server runs already
            self._read, self._policy = settings.CONTENT_SECURITY_POLICY, build_policy()
        if not (settings.DEBUG and response.status_code in (404, 500)):  # Django's own pages have styles in them
            response.headers.setdefault(HEADER, self._policy)
        return response


def refused(request: HttpRequest, status: int, words: str) -> HttpResponse:
    """In one line, as programs and as people read it."""
    if request.path_info.startswith("/api/"):
        return problem(status, words, request.path)
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")


def not_now(request: HttpRequest) -> HttpResponse:
    answer = refused(request, 503, WORDS)
    answer["Retry-After"] = str(AGAIN_S)
    return answer


def fault(request: HttpRequest) -> HttpResponse:
    """Django's handler500."""
    return not_now(request) if is_for_later(sys.exc_info()[1]) else defaults.server_error(request)
