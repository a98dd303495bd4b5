"""The OpenAPI description: what every route takes and answers besides its own."""

from inspect import getdoc
from typing import Any

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, OpenApiParameter

from api.base import access, idempotency
from api.base.authentication import BearerAuthentication
from api.base.problems import MEDIA_TYPE, TITLES, ProblemSerializer

KEY = OpenApiParameter(
    idempotency.HEADER,
    {"type": "string", "minLength": 1, "maxLength": idempotency.LONGEST, "pattern": "^[ -~]+$"},
    OpenApiParameter.HEADER,
    description="Your own, for instance a UUID: the same request again within 24 hours is answered, not done again",
)
ALWAYS = (400, 401, 403, 406, 429)
WITH_BODY = (409, 413, 415, 422)


class ApiSchema(AutoSchema):
    view: Any  # an ApiView

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        """Of the method, else of the route; and whom it is for."""
        route, method = vars(type(self.view)), self.method.lower()
        own = (getdoc(route[method]) if method in route else "") or route.get("__doc__") or ""
        role, scope = self.view.role.label, self.view.scope_of(self.method)
        return f"{own}\n\nFor {role}s. Scope `{scope.value}`.".strip()

    def get_override_parameters(self) -> list:
        if access.is_safe(self.method):
            return [self.view.query] if self.view.query().fields else []
        handler = getattr(self.view, self.method.lower())
        return [KEY] if getattr(handler, "is_idempotent", False) else []

    def _get_response_bodies(self, direction: Direction = "response") -> dict:
        answers = super()._get_response_bodies(direction)
        of_path = (404,) if "{" in self.path else ()
        of_body = WITH_BODY if self.method in ("POST", "PATCH") else ()
        for code in (*ALWAYS, *of_path, *of_body, *self.view.also_answers):
            answers[str(code)] = self._get_response_for_code(ProblemSerializer, str(code), [MEDIA_TYPE])
            answers[str(code)]["description"] = TITLES[code]
        return dict(sorted(answers.items()))


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = BearerAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict:
        return {"type": "http", "scheme": "bearer", "description": "Made under /api-tokens/ or by `create_token`."}


class BrowserScheme(SessionScheme):
    name = "session"
    priority = 1
