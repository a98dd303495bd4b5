"""Failed sign-ins: counted by django-axes for a name from an address, and here for an address with any name, and for a
name from all addresses. An IPv6 address stands for its /64, all of which one subscriber has."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

TOO_MANY = _(
    "Too many failed sign-ins: wait %(minutes)s minutes and try again, or ask a researcher for a sign-in link."
)


class LockoutHandler(AxesDatabaseHandler):
    def is_locked(self, request: HttpRequest, credentials: dict | None = None) -> bool:
        name = (credentials or {}).get("username") or request.POST.get("username", "")
        return super().is_locked(request, credentials) or _address_is_locked(request) or _name_is_locked(name)


def _name_is_locked(name: str) -> bool:
    """Against guessing from many addresses: for a minute or two at a time only, since strangers could keep a person
    out, and a sign-in link lets that person in meanwhile."""
    since = timezone.now() - settings.LOCKOUT_NAME_TIME
    recent = AccessAttempt.objects.filter(username=name[:255], attempt_time__gte=since)
    return recent.aggregate(n=Sum("failures_since_start", default=0))["n"] >= settings.LOCKOUT_NAME_FAILURES


def _address_is_locked(request: HttpRequest) -> bool:
    """Whoever tries one password on many names fails only once with each, so the address is counted too."""
    recent = AccessAttempt.objects.filter(
        ip_address=request.axes_ip_address,  # type: ignore[attr-defined]  # django-axes puts it there
        attempt_time__gte=get_cool_off_threshold(request),
    )
    failures = recent.aggregate(n=Sum("failures_since_start", default=0))["n"]
    return failures >= settings.LOCKOUT_ADDRESS_FAILURES


def client_address(request: HttpRequest) -> str | None:
    return address_of(request.META)


def address_of(meta: Mapping[str, Any]) -> str | None:
    """What the outermost of our own proxies saw; whatever stands further left in the header, anybody can write."""
    seen = [meta.get("REMOTE_ADDR", "")]
    if settings.PROXIES:
        seen = meta.get("HTTP_X_FORWARDED_FOR", "").split(",")[-settings.PROXIES :] + seen
    return next(filter(None, (_block(each.strip()) for each in seen)), None)


@lru_cache(maxsize=1_024)  # the same few come with each request
def _block(text: str) -> str | None:
    try:
        ip_address(text)
    except ValueError:
        return None
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv4Address):
        return str(address)
    inner = address.ipv4_mapped
    return str(inner or ip_network((address, 64), strict=False).network_address)


def locked_out(request: HttpRequest, response: HttpResponse, credentials: dict | None) -> HttpResponse:
    words = TOO_MANY % {"minutes": int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)}
    page = {"form": AuthenticationForm(request), "refused": words, "passwords": True}
    return render(request, "registration/login.html", page, status=settings.AXES_HTTP_RESPONSE_CODE)  # type: ignore[misc]  # of django-axes
