"""From where on a run looks wrong: one set of limits for all runs."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.base.idempotency import idempotent
from api.research.runs import RunView
from distillation.models import AlarmLimits
from distillation.runs.alarms import alarm_limits_set


class AlarmLimitsSerializer(serializers.ModelSerializer):
    class Meta:
        model = AlarmLimits
        fields = ("kept", "failures", "no_probability", "near_duplicates", "relation", "opening")


class AlarmLimitsDetail(RunView):
    serializer_class = AlarmLimitsSerializer

    def get(self, request: Request) -> Response:
        """Shares from 0 to 1; null: no alarm."""
        return Response(AlarmLimitsSerializer(AlarmLimits.now()).data)

    @extend_schema(request=AlarmLimitsSerializer(partial=True), responses=AlarmLimitsSerializer)
    @idempotent
    def patch(self, request: Request) -> Response:
        """What is not named stays."""
        given = AlarmLimitsSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        return Response(AlarmLimitsSerializer(alarm_limits_set(limits=given.validated_data)).data)
