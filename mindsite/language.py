"""In which language a page is answered."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views import csrf, defaults

TRANSLATED = ("/judge/", "/accounts/", "/crowd/", "/api-tokens/", "/research/follows/")


class AnnotatorLocaleMiddleware(LocaleMiddleware):
    """Annotators' pages are in the browser's language; all others stay English, numbers in style and SVG too."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(TRANSLATED):
            super().process_request(request)
        else:
            translation.activate("en")
            request.LANGUAGE_CODE = "en"


# Whoever comes to a page that is not there, or not theirs, reads so in the browser's language, whatever its address.


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _in_language(request, lambda: defaults.page_not_found(request, exception))


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _in_language(request, lambda: defaults.permission_denied(request, exception))


def from_old_page(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _in_language(request, lambda: csrf.csrf_failure(request, reason))


def _in_language(request: HttpRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
    language = translation.get_language_from_request(request)
    with translation.override(language):
        response = answer()
    response["Content-Language"] = language
    patch_vary_headers(response, ("Accept-Language",))
    return response
