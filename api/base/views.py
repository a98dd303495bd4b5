"""What all routes have in common: JSON in and out, a role and a scope at the door, no unknown parameter."""

from collections.abc import Iterable, Mapping
from typing import IO, Any, TypeVar, cast

import orjson
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Manager, Model, QuerySet
from django.http import Http404, QueryDict
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import MethodNotAllowed, ParseError
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from accounts.models import User
from api.base.access import AnonymousThrottle, CallerThrottle, HasRole, HasScope, IsSignedIn, is_safe
from api.base.authentication import BearerAuthentication
from api.base.paging import CursorPagination
from api.base.problems import BadQuery, Unprocessable
from api.models import Scope

Row = TypeVar("Row", bound=Model)

LARGEST_ID = 2**63 - 1


class StrictJsonParser(JSONParser):
    """Refuses what the standard parser lets through and the database does not: lone surrogates, bottomless nesting."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            return orjson.loads(stream.read())
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is no JSON in UTF-8 ({error}); send an object") from error


class Query(serializers.Serializer):
    """The parameters that a route takes; any other one is refused."""


class ListQuery(Query):
    cursor = serializers.IntegerField(
        required=False, min_value=1, max_value=LARGEST_ID, help_text="as it stands in `next` of the page before"
    )
    limit = serializers.IntegerField(default=50, min_value=1, max_value=500, help_text="rows on a page")


class ApiView(GenericAPIView):
    """`reads` and `writes` are the scopes that a token needs; `role` is the least that its owner must be."""

    authentication_classes = (BearerAuthentication, SessionAuthentication)
    permission_classes = (IsSignedIn, HasRole, HasScope)
    http_method_names = ("get", "head", "post", "patch", "delete")
    throttle_classes = (CallerThrottle, AnonymousThrottle)
    parser_classes = (StrictJsonParser,)
    pagination_class = CursorPagination
    role = User.Role.ANNOTATOR
    reads: Scope = Scope.READ
    writes: Scope = Scope.READ
    query: type[Query] = Query
    told_once: tuple[str, ...] = ()  # of the answer: left empty where it is replayed under its key
    also_answers: tuple[int, ...] = ()  # beside what every route may answer

    @property
    def me(self) -> User:
        """The person who asks; always signed in."""
        return cast(User, self.request.user)

    def scope_of(self, method: str) -> Scope:
        return self.reads if is_safe(method) else self.writes

    def initial(self, request: Request, *args, **kwargs) -> None:
        super().initial(request, *args, **kwargs)
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(request.method or "")
        _ = request.body  # refused here where it is too large
        self.asked = _checked(self.query if is_safe(request.method) else Query, request.query_params)

    def check_permissions(self, request: Request) -> None:
        """Throttles first, so that guessing is slowed down too."""
        super().check_throttles(request)
        super().check_permissions(request)

    def check_throttles(self, request: Request) -> None:
        pass  # done above

    def finalize_response(self, request: Request, response: Any, *args, **kwargs) -> Any:  # files and streams too
        response.setdefault("Cache-Control", "no-store")
        return super().finalize_response(request, response, *args, **kwargs)

    def body(self, form: type[serializers.Serializer]) -> dict:
        given = form(data=self.request.data)
        given.is_valid(raise_exception=True)
        return given.validated_data


def the_one(rows: Manager[Row] | QuerySet[Row], **key: object) -> Row:
    try:
        return rows.get(**key)
    except ObjectDoesNotExist as error:
        (value,) = key.values()
        raise Http404(f"There is no {rows.model._meta.verbose_name} {value} for you here.") from error


def all_named(model: type[Row], names: Iterable[str]) -> list[Row]:
    """In the order of their ids."""
    wanted = set(names)
    found = list(model._default_manager.filter(name__in=wanted).order_by("pk"))
    if missing := wanted - {str(each.name) for each in found}:  # type: ignore[attr-defined]
        raise Unprocessable(f"There is no {model._meta.verbose_name} named {', '.join(sorted(missing))}")
    return found


def _checked(form: type[Query], parameters: QueryDict) -> dict:
    allowed = form().fields
    if unknown := [name for name in parameters if name not in allowed]:
        known = f"it takes {', '.join(sorted(allowed))}" if allowed else "it takes none"
        raise BadQuery({unknown[0][:40]: [f"This address has no such parameter; {known}"]})
    if twice := [name for name in parameters if len(parameters.getlist(name)) > 1]:
        raise BadQuery({twice[0]: ["Give it once"]})
    given = form(data=parameters.dict())
    if not given.is_valid():
        raise BadQuery(given.errors)
    return given.validated_data
