"""PATCH and DELETE of gains, tests of purchases and experiments in shops."""

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.models import User
from api.base.idempotency import idempotent
from api.base.views import ApiView
from api.models import Scope
from api.research.changes import DeleteSerializer, TidySerializer
from research.tidying.services import Finding, Kind, finding_archive, finding_delete, finding_rename


class TidiedView(ApiView):
    """One thing: `the_row` finds it, by what stands in its address."""

    role = User.Role.RESEARCHER
    writes = Scope.RUNS_WRITE
    also_answers = (409,)
    kind: Kind
    serializer_class: type[BaseSerializer]

    def the_row(self, **at: str | int) -> Finding:
        raise NotImplementedError

    @extend_schema(request=TidySerializer)
    @idempotent
    def patch(self, request: Request, **at: str | int) -> Response:
        """Rename or archive it: all of it or nothing. A test of purchases with all its designs."""
        finding, asked = self.the_row(**at), self.body(TidySerializer)
        with transaction.atomic():
            if "archived" in asked:
                finding_archive(finding=finding, kind=self.kind, on=asked["archived"], by=self.me)
            if "name" in asked:
                finding_rename(finding=finding, kind=self.kind, name=asked["name"], by=self.me)
        finding.refresh_from_db()
        return Response(self.serializer_class(finding).data)

    @extend_schema(request=DeleteSerializer, responses={204: None})
    def delete(self, request: Request, **at: str | int) -> Response:
        """For good; runs and studies stay. A test of purchases with all its designs."""
        typed = self.body(DeleteSerializer)["name"]
        finding_delete(finding=self.the_row(**at), kind=self.kind, typed=typed, by=self.me)
        return Response(status=204)
