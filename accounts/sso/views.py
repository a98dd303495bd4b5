"""To the provider and back, and out again."""

import logging

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import LogoutView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import sign_in
from accounts.sso.client import NOT_REACHED, SsoRefused, claims_of, provider, sent_away
from accounts.sso.services import person_of_claims
from accounts.two_factor.pending import second_factor_given

log = logging.getLogger(__name__)
NEXT, TOKEN = "sso_next", "sso_id_token"


@require_safe
@never_cache
def sso_begin(request: HttpRequest) -> HttpResponse:
    _refuse_unless_set_up()
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    try:
        answer = provider().authorize_redirect(request, request.build_absolute_uri(reverse("sso-back")))
    except (OSError, ValueError, RuntimeError) as error:
        log.warning("single sign-on: %s", error)
        return _refused(request, _(NOT_REACHED) % {"name": settings.OIDC_NAME}, status=503)
    request.session[NEXT] = wanted if safe else ""
    return answer


@require_safe
@never_cache
def sso_back(request: HttpRequest) -> HttpResponse:
    from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415 - only where single sign-on is set up
    from joserfc.errors import JoseError  # noqa: PLC0415

    _refuse_unless_set_up()
    try:
        claims, token = claims_of(request)
        person = person_of_claims(issuer=claims["iss"], claims=claims)
    except SsoRefused as refusal:
        return _refused(request, str(refusal))
    except OSError as error:
        log.warning("single sign-on: %s", error)
        return _refused(request, _(NOT_REACHED) % {"name": settings.OIDC_NAME}, status=503)
    except (AuthlibBaseError, JoseError, ValueError, RuntimeError) as error:
        log.warning("single sign-on: %s", error)
        return _refused(request, _("This sign-in was broken off or is too old; begin again"))
    wanted = request.session.pop(NEXT, "")
    sign_in(request, person)
    second_factor_given(request)
    request.session[TOKEN] = token
    return redirect(wanted or "home")


class SignOut(LogoutView):
    """Also at the provider, where the person came by it: else the next click would sign them in again."""

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        token = request.session.get(TOKEN, "")
        answer = super().post(request, *args, **kwargs)
        return (token and sent_away(token, request.build_absolute_uri(reverse("login")))) or answer


def _refused(request: HttpRequest, why: str, status: int = 403) -> HttpResponse:
    logout(request)
    return render(request, "registration/sso_refused.html", {"why": why}, status=status)


def _refuse_unless_set_up() -> None:
    if not settings.OIDC_ISSUER:
        raise Http404("Single sign-on is not set up here.")
