"""The code at the sign-in, and the page on which somebody turns it on."""

from typing import cast

import segno
from axes.handlers.proxy import AxesProxyHandler
from django.contrib import messages
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import administrator_required, researcher_required, sign_in
from accounts.lockout import locked_out
from accounts.models import TwoFactor, User
from accounts.requests import PersonRequest
from accounts.two_factor.pending import Pending, pending_of, second_factor_given
from accounts.two_factor.services import (
    CodeRefused,
    address_of,
    code_is_right,
    is_required,
    secret_new,
    two_factor_remove,
    two_factor_start,
)

IN_SESSION = "two_factor_new"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Who has given the right password, or a sign-in link, gives the code."""
    pending = pending_of(request)
    if pending is None:
        return redirect("home")
    credentials = {"username": pending.person.username}
    if not AxesProxyHandler.is_allowed(request, credentials):
        return locked_out(request, HttpResponse(), credentials)
    if request.method != "POST":
        return _asked(request, pending)
    try:
        if code_is_right(person=pending.person, code=request.POST.get("code", "")):
            return _let_in(request, pending)
        why = _("This code is not right, or was used already: wait for the next one")
    except CodeRefused as refusal:
        why = str(refusal)
    user_login_failed.send(sender=__name__, credentials=credentials, request=request)
    return _asked(request, pending, why)


def _asked(request: HttpRequest, pending: Pending, why: str = "") -> HttpResponse:
    page = {"person": pending.person, "why": why}
    return render(request, "registration/code.html", page, status=403 if why else 200)


def _let_in(request: HttpRequest, pending: Pending) -> HttpResponse:
    sign_in(request, pending.person)
    second_factor_given(request)
    return redirect(pending.next or "home")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def two_factor(request: PersonRequest) -> HttpResponse:
    known = TwoFactor.objects.filter(person=request.user).first()
    if known:
        return render(request, "people/two_factor.html", {"known": known, "required": is_required(request.user)})
    secret = request.session.setdefault(IN_SESSION, secret_new())
    why = ""
    if request.method == "POST":
        try:
            return _set_up(request, secret)
        except CodeRefused as refusal:
            why = str(refusal)
    page = {"secret": secret, "picture": _picture(address_of(secret, request.user)), "why": why}
    page["required"] = is_required(request.user)
    return render(request, "people/two_factor.html", page, status=422 if why else 200)


def _set_up(request: PersonRequest, secret: str) -> HttpResponse:
    codes = two_factor_start(person=request.user, secret=secret, code=request.POST.get("code", "").strip())
    request.session.flush()  # its row has gone with those of the others
    sign_in(request, request.user)
    second_factor_given(request)
    return render(request, "people/two_factor_made.html", {"codes": codes})


@require_POST
@researcher_required
def two_factor_end(request: PersonRequest) -> HttpResponse:
    """By oneself, with a code: an open browser alone must not be enough."""
    try:
        if code_is_right(person=request.user, code=request.POST.get("code", "")):
            two_factor_remove(person=request.user, by=request.user)
            messages.success(request, "The code is no longer asked for when you sign in.")
        else:
            messages.error(request, "This code is not right, or was used already; nothing has changed.")
    except CodeRefused as refusal:
        messages.error(request, f"{refusal}.")
    return redirect("people-two-factor")


@require_POST
@administrator_required
def person_two_factor_end(request: PersonRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)
    two_factor_remove(person=person, by=request.user)
    messages.success(request, f"{person} signs in without a code now, and can set it up anew.")
    return redirect("people-person", person_id)


def admin_sign_in(request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
    """The admin site's own form would ask for no code."""
    if request.user.is_authenticated:
        return redirect("home")
    return redirect(f"{reverse('login')}?{request.GET.urlencode()}")


def _picture(address: str) -> str:
    """Drawn here: the secret goes to no other server."""
    drawn = segno.make(address, error="m", micro=False)
    svg = drawn.svg_inline(
        scale=5, border=4, dark="black", light="white", svgclass="qr", lineclass=None, omitsize=False
    )
    return cast(str, mark_safe(svg))  # noqa: S308 - of segno, which draws and quotes nothing
