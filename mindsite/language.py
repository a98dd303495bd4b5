"""In which language a page is answered."""

from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

TRANSLATED = ("/judge/", "/accounts/", "/crowd/")


class AnnotatorLocaleMiddleware(LocaleMiddleware):
    """Annotators' pages are in the browser's language; all others stay English, numbers in style and SVG too."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(TRANSLATED):
            super().process_request(request)
        else:
            translation.activate("en")
            request.LANGUAGE_CODE = "en"
