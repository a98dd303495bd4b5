"""Who may see what: checked on the server, at the door of each view."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse


def researcher_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.is_researcher:
            raise PermissionDenied("This page is for researchers.")
        return view(request, *args, **kwargs)

    return login_required(guarded)
