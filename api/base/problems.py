"""Errors as RFC 9457 has them, in the words that the pages use."""

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import exception_handler

from accounts.services import PeopleRefused
from annotation.design.protocol import StudyRefused
from annotation.judging.refusals import AuditOwed, ConfirmOwed, JudgingRefused, LeaseGone, VersionChanged
from common.away import AGAIN_S, WORDS, is_for_later
from common.nul import REFUSED, is_about_nul
from distillation.catalog.selection import SelectionRefused
from distillation.runs.services import RunRefused
from research.evaluations.refusals import EvaluationRefused
from research.experiment_tidying import ExperimentKept
from research.experiments.factors import ExperimentRefused
from research.online.refusals import OnlineRefused
from research.tidying.services import FindingKept

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "The request can't be understood",
    401: "Who are you?",
    403: "Not open to you",
    404: "There is nothing here",
    405: "This can't be done here",
    406: "No such form of the answer",
    409: "Not as things are now",
    413: "Too large",
    415: "No such form of the request",
    422: "Some of it can't be so",
    429: "Too many requests",
    500: "A fault of ours",
    503: "Not now",
}
KINDS: dict[type[Exception], str] = {
    LeaseGone: "lease-gone",
    AuditOwed: "audit-owed",
    ConfirmOwed: "confirm-owed",
    VersionChanged: "version-changed",
}
REFUSALS = (
    PeopleRefused,
    JudgingRefused,
    StudyRefused,
    RunRefused,
    SelectionRefused,
    ExperimentRefused,
    EvaluationRefused,
    OnlineRefused,
    ExperimentKept,
    FindingKept,
)


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT


class Unprocessable(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY


class TooLong(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE


class BadQuery(ValidationError):
    """An error in the address; nothing else was looked at."""


class ProblemSerializer(serializers.Serializer):
    type = serializers.CharField(help_text="about:blank, or what a program can act on: urn:mindsite:lease-gone")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="what is wrong and what to do, in one line")
    instance = serializers.CharField(help_text="the address that was asked")
    version = serializers.IntegerField(required=False, help_text="of version-changed: the present one")
    changes = serializers.ListField(
        child=serializers.DictField(), required=False, help_text="of version-changed: what, words, before, after"
    )
    errors = serializers.DictField(  # type: ignore[assignment]  # hides what the serializer itself found
        child=serializers.ListField(child=serializers.CharField()), required=False, help_text="by field"
    )


def problem_handler(error: Exception, context: dict) -> HttpResponse:
    path = context["request"].path
    if isinstance(error, REFUSALS):
        kind = KINDS.get(type(error), "refused")
        more: dict[str, Any] = (
            {"version": error.version, "changes": error.changes} if isinstance(error, VersionChanged) else {}
        )
        return problem(getattr(context["view"], "refused_with", 409), str(error), path, kind=kind, **more)
    if isinstance(error, RequestDataTooBig):
        return problem(413, "The body is larger than this server takes; send less at a time", path)
    if is_about_nul(error):
        return problem(400, REFUSED, path)
    answer = exception_handler(error, context)
    if answer is None:
        return _unforeseen(error, context, path)
    headers = {name: answer[name] for name in ("WWW-Authenticate", "Retry-After", "Allow") if name in answer}
    if isinstance(error, ValidationError):
        code = 400 if isinstance(error, BadQuery) else 422
        errors = dict(_by_field(answer.data))
        return problem(code, _first(errors), path, errors=errors, headers=headers)
    return problem(answer.status_code, str(answer.data["detail"]), path, headers=headers)


def _unforeseen(error: Exception, context: dict, path: str) -> HttpResponse:
    if is_for_later(error):
        return problem(503, WORDS, path, headers={"Retry-After": str(AGAIN_S)})
    log.exception("%s %s failed", context["request"].method, path, exc_info=error)
    return problem(500, "The server's log has the reason; what was asked has not been done", path)


def problem(
    code: int,
    detail: str,
    path: str,
    *,
    kind: str = "",
    errors: dict | None = None,
    headers: dict | None = None,
    **more: Any,
) -> HttpResponse:
    """A plain response, so that it is JSON whatever format was asked for."""
    body = {
        "type": f"urn:mindsite:{kind}" if kind else "about:blank",
        "title": TITLES.get(code, "It did not work"),
        "status": code,
        "detail": detail,
        "instance": path,
        **({"errors": errors} if errors else {}),
        **more,
    }
    return HttpResponse(JSONEncoder().encode(body), status=code, content_type=MEDIA_TYPE, headers=headers)


def _by_field(data: dict | list | ErrorDetail, name: str = "") -> list[tuple[str, list[str]]]:
    """Flattened: {"rules": {"gold": {"limit": […]}}} is about rules.gold.limit."""
    if isinstance(data, dict):
        return [each for key, inner in data.items() for each in _by_field(inner, f"{name}.{key}" if name else str(key))]
    if isinstance(data, list) and any(isinstance(inner, dict) for inner in data):
        return [each for i, inner in enumerate(data) for each in _by_field(inner, f"{name}.{i}")]
    words = [str(inner) for inner in data] if isinstance(data, list) else [str(data)]
    return [(name.removesuffix(".non_field_errors"), words)]


def _first(errors: dict[str, list[str]]) -> str:
    name, words = next(iter(errors.items()), ("", ["Nothing was given"]))
    return f"{name}: {words[0]}" if name and name != "non_field_errors" else words[0]
