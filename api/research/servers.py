"""Model servers: what they can do."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from api.base.views import ApiView
from api.models import Scope
from distillation.runs.pages.connection import connection_rows
from distillation.runs.services import MOST_TOKENS


class ServerCheckSerializer(serializers.Serializer):
    base_urls = serializers.ListField(
        child=serializers.CharField(max_length=300), min_length=1, max_length=10, help_text="model servers"
    )
    model = serializers.CharField(default="", allow_blank=True, max_length=200, help_text="empty: the only one served")
    with_images = serializers.BooleanField(default=True)
    side_by_side = serializers.BooleanField(default=False)
    max_tokens = serializers.IntegerField(default=512, min_value=16, max_value=MOST_TOKENS)


class ServerReportSerializer(serializers.Serializer):
    url, problem, model, example = (serializers.CharField(allow_blank=True) for _ in range(4))
    ok = serializers.BooleanField(help_text="a run with these settings can be made")
    models = serializers.ListField(child=serializers.CharField(), allow_null=True, help_text="null: it lists none")
    costs = serializers.ListField(child=serializers.CharField(), help_text="what it can't do, and what that costs")
    abilities = serializers.DictField()
    calls = serializers.IntegerField(help_text="that the test made")


class ServersReportSerializer(serializers.Serializer):
    servers = ServerReportSerializer(many=True)


class ServerCheck(ApiView):
    role = User.Role.RESEARCHER
    writes = Scope.RUNS_WRITE

    @extend_schema(request=ServerCheckSerializer, responses=ServersReportSerializer)
    def post(self, request: Request) -> Response:
        """Ask model servers what they can do: about seven calls each, up to a minute."""
        return Response({"servers": connection_rows(self.body(ServerCheckSerializer))})
