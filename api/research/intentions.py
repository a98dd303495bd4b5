"""Intentions with the filter's verdict: for researchers."""

from typing import Any

from django.db.models import F, QuerySet
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from api.base.problems import BadQuery
from api.base.views import LARGEST_ID, ApiView, ListQuery, the_one
from api.research.catalog import CoBuySerializer
from common.kept import kept_q, rejected_q, unfiltered_q
from distillation.models import Exposure, Intention, Run, Verdict
from distillation.pipeline.relations import RELATIONS
from distillation.runs.exposure import exposure_record

STRICTNESS = F("run__strictness")
KEPT, REJECTED = (rule(STRICTNESS, prefix="verdict__") for rule in (kept_q, rejected_q))
KEPT |= unfiltered_q()


class VerdictSerializer(serializers.ModelSerializer):
    kept = serializers.SerializerMethodField(help_text="at the run's present strictness")

    class Meta:
        model = Verdict
        fields = ("yes", "p_yes", "kept", "reason")
        read_only_fields = ("yes", "p_yes", "reason")

    def get_kept(self, verdict: Verdict) -> bool:
        return verdict.kept(verdict.intention.run.strictness)


class IntentionSerializer(serializers.ModelSerializer):
    run = serializers.CharField(source="run.name", read_only=True)
    backend = serializers.CharField(source="run.backend", read_only=True)
    cobuy = CoBuySerializer(read_only=True)
    verdict = VerdictSerializer(read_only=True, allow_null=True, default=None)

    class Meta:
        model = Intention
        fields: tuple[str, ...] = (
            "id",
            "run",
            "backend",
            "relation",
            "sample",
            "text",
            "cobuy",
            "verdict",
            "created_at",
        )
        read_only_fields: tuple[str, ...] = ("relation", "sample", "text", "created_at")


class IntentionDetailSerializer(IntentionSerializer):
    raw_verdict = serializers.CharField(source="verdict.raw_reply", read_only=True, default="")

    class Meta(IntentionSerializer.Meta):
        fields = (*IntentionSerializer.Meta.fields, "raw_reply", "raw_verdict")
        read_only_fields = (*IntentionSerializer.Meta.read_only_fields, "raw_reply")


class IntentionQuery(ListQuery):
    run = serializers.CharField(required=False, max_length=100, help_text="its name")
    relation = serializers.ChoiceField(required=False, choices=list(RELATIONS))
    kept = serializers.BooleanField(required=False, help_text="at the run's present strictness")
    cobuy = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)


class Intentions(ApiView, ListAPIView):
    role = User.Role.RESEARCHER
    query = IntentionQuery
    serializer_class = IntentionSerializer

    def get_queryset(self) -> QuerySet[Intention]:
        rows = _shown().filter(**{name: self.asked[name] for name in ("relation", "cobuy") if name in self.asked})
        if "run" in self.asked:
            rows = rows.filter(run=_run_named(self.asked["run"]))
        if "kept" not in self.asked:
            return rows
        return rows.filter(KEPT if self.asked["kept"] else REJECTED)

    def paginate_queryset(self, queryset: Any) -> list[Any]:
        shown = super().paginate_queryset(queryset) or []
        runs = [intention.run_id for intention in shown]
        exposure_record(user=self.me, runs=runs, where=Exposure.Where.API)
        return shown


class IntentionDetail(ApiView):
    role = User.Role.RESEARCHER
    serializer_class = IntentionDetailSerializer

    def get(self, request: Request, intention_id: int) -> Response:
        intention = the_one(_shown(), pk=intention_id)
        exposure_record(user=self.me, runs=[intention.run_id], where=Exposure.Where.API)
        return Response(self.get_serializer(intention).data)


def _run_named(name: str) -> Run:
    """By its key the planner knows how many intentions it has; by its name it would not."""
    run = Run.objects.filter(name=name).first()
    if run is None:
        raise BadQuery({"run": [f"There is no run {name}"]})
    return run


def _shown() -> QuerySet[Intention]:
    return Intention.objects.select_related("run", "verdict", "cobuy__a__picture", "cobuy__b__picture")
