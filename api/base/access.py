"""Who may do what through the API: the role of the person, the scope of the token, and how often."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from accounts.lockout import client_address
from accounts.models import User
from api.models import ApiToken
from common.limits.counting import limit_take

_ADMITS = {
    User.Role.ANNOTATOR: lambda user: user.is_authenticated,
    User.Role.RESEARCHER: lambda user: user.is_researcher,
    User.Role.ADMINISTRATOR: lambda user: user.is_administrator,
}


class IsSignedIn(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.is_authenticated


class HasRole(BasePermission):
    """Asked anew at each request: a token can do no more than its owner may do now."""

    def has_permission(self, request: Request, view: Any) -> bool:  # an ApiView; that module imports this one
        self.message = f"This is for {view.role.label}s."
        return _ADMITS[view.role](request.user)


class HasScope(BasePermission):
    """Who is signed in with a browser has every scope of their role."""

    def has_permission(self, request: Request, view: Any) -> bool:
        wanted = view.scope_of(request.method)
        self.message = f"The token lacks the scope {wanted}: make one that has it under /api-tokens/."
        return not isinstance(request.auth, ApiToken) or wanted in request.auth.scopes


class Throttle(SimpleRateThrottle):
    num_requests: int | None
    duration: int | None

    def get_rate(self) -> Any:
        return api_settings.DEFAULT_THROTTLE_RATES[self.scope or ""]

    def allow_request(self, request: Request, view: APIView) -> bool:
        key = self.get_cache_key(request, view)
        self._wait_s = limit_take(key, self.num_requests or 0, self.duration or 1) if key else 0.0
        return not self._wait_s

    def wait(self) -> float:
        return self._wait_s


class CallerThrottle(Throttle):
    """Counted for each token, and for each person with a browser."""

    scope = "caller"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if not request.user.is_authenticated:
            return None
        ident = f"token-{request.auth.pk}" if isinstance(request.auth, ApiToken) else f"user-{request.user.pk}"
        return self.cache_format % {"scope": self.scope, "ident": ident}


class AnonymousThrottle(Throttle):
    scope = "anonymous"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if request.user.is_authenticated:
            return None
        return self.cache_format % {"scope": self.scope, "ident": client_address(request._request)}


def is_safe(method: str) -> bool:
    return method in SAFE_METHODS
