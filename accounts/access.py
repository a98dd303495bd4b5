"""Who may see what: checked on the server, at the door of each view."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.requests import PersonRequest

View = Callable[..., HttpResponseBase]


def researcher_required(view: View) -> View:
    return _required(view, lambda user: user.is_researcher, _("This page is for researchers."))


def administrator_required(view: View) -> View:
    return _required(view, lambda user: user.is_administrator, _("This page is for administrators."))


def _required(view: View, admits: Callable[[User], bool], refusal: Promise) -> View:
    @wraps(view)
    def guarded(request: PersonRequest, *args, **kwargs) -> HttpResponseBase:
        if not admits(request.user):
            raise PermissionDenied(refusal)
        return view(request, *args, **kwargs)

    return login_required(guarded)


def sign_in(request: HttpRequest, user: User) -> None:
    """For who came by a link. The lock-out's backend, named first in the settings, signs nobody in."""
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
