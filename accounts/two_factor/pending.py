"""Between password and code: whose password was right, kept in the session of nobody."""

import time
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import User
from accounts.two_factor.services import has_two_factor

_PENDING, _GIVEN = "two_factor_pending", "two_factor_given"
MINUTES = 10


@dataclass(frozen=True, slots=True)
class Pending:
    person: User
    next: str


def code_asked(request: HttpRequest, person: User, next_: str = "") -> HttpResponse | None:
    """To the page that asks for the code; None where this person has none."""
    if not has_two_factor(person):
        return None
    request.session[_PENDING] = [person.pk, time.time(), next_]
    return redirect("two-factor-code")


def pending_of(request: HttpRequest) -> Pending | None:
    """Also who has signed in before the code was asked for."""
    pk, at, next_ = request.session.get(_PENDING, (0, 0.0, ""))
    if time.time() - at < 60 * MINUTES and (person := User.objects.filter(pk=pk, is_active=True).first()):
        return Pending(person, next_)
    user = request.user
    if user.is_authenticated and not request.session.get(_GIVEN) and has_two_factor(user):
        return Pending(user, "")
    return None


def second_factor_given(request: HttpRequest) -> None:
    """By a code, or by the provider of single sign-on, who has asked as it asks."""
    request.session.pop(_PENDING, None)
    request.session[_GIVEN] = True


def second_factor_was_given(request: HttpRequest) -> bool:
    return bool(request.session.get(_GIVEN))
