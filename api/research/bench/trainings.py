"""Trainings, and gains: looked at. They are begun by the commands `finetune` and `evaluate_gain`."""

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from api.base.views import ApiView, ListQuery, the_one
from api.research.bench.tidied import TidiedView
from research.models import Gain, Training, TrainingPoint
from research.tidying.services import GAIN


class TrainingSerializer(serializers.ModelSerializer):
    steps = serializers.IntegerField(read_only=True, help_text="0 until the trainer has counted them")
    base = serializers.CharField(read_only=True)

    class Meta:
        model = Training
        fields = (
            "name", "state", "message", "base", "step", "steps", "checkpoint", "worker", "seconds", "created_at",
            "finished_at",
        )  # fmt: skip
        read_only_fields = fields


class TrainingFullSerializer(TrainingSerializer):
    config = serializers.DictField(read_only=True, help_text="data, base, rank, seed and so on; fixed at the start")
    manifest = serializers.DictField(read_only=True, help_text="of the data, as its export wrote it")
    facts = serializers.DictField(read_only=True, help_text="what the trainer found: steps, records, device, versions")
    result = serializers.DictField(read_only=True, help_text="of the adapter: sha256, bytes; empty before the end")
    serve = serializers.CharField(source="serve_line", read_only=True, help_text="the line that serves it with vLLM")

    class Meta:
        model = Training
        fields = (*TrainingSerializer.Meta.fields, "config", "manifest", "facts", "result", "serve")
        read_only_fields = fields


class TrainingPointSerializer(serializers.ModelSerializer):
    class Meta:
        model = TrainingPoint
        fields = ("id", "kind", "step", "loss", "lr", "tokens", "rate", "at")
        read_only_fields = fields


class TrainingView(ApiView):
    role = User.Role.RESEARCHER

    def training(self) -> Training:
        return the_one(Training.objects, name=self.kwargs["name"])


class Trainings(TrainingView, ListAPIView):
    query = ListQuery
    serializer_class = TrainingSerializer

    def get_queryset(self) -> QuerySet[Training]:
        return Training.objects.all()


class TrainingDetail(TrainingView):
    serializer_class = TrainingFullSerializer

    def get(self, request: Request, name: str) -> Response:
        return Response(TrainingFullSerializer(self.training()).data)


class TrainingCurve(TrainingView, ListAPIView):
    query = ListQuery
    serializer_class = TrainingPointSerializer

    def get_queryset(self) -> QuerySet[TrainingPoint]:
        if getattr(self, "swagger_fake_view", False):
            return TrainingPoint.objects.none()
        return self.training().points.all()


class GainSerializer(serializers.ModelSerializer):
    run = serializers.CharField(source="run.name")

    class Meta:
        model = Gain
        fields = ("name", "run", "state", "message", "created_at", "finished_at")
        read_only_fields = fields


class GainFullSerializer(GainSerializer):
    config = serializers.DictField(read_only=True, help_text="base, benchmark, arms, training; fixed at the start")
    records = serializers.DictField(
        source="data", read_only=True, help_text="of each arm by split and task, and those taught"
    )
    results = serializers.DictField(read_only=True, help_text="by arm: over the base, and the method over it")

    class Meta:
        model = Gain
        fields = (*GainSerializer.Meta.fields, "config", "records", "results")
        read_only_fields = fields


class Gains(ApiView, ListAPIView):
    role = User.Role.RESEARCHER
    query = ListQuery
    serializer_class = GainSerializer

    def get_queryset(self) -> QuerySet[Gain]:
        return Gain.objects.select_related("run")


class GainDetail(TidiedView):
    serializer_class = GainFullSerializer
    kind = GAIN

    def the_row(self, **at: str | int) -> Gain:
        return the_one(Gain.objects.select_related("run"), **at)

    def get(self, request: Request, name: str) -> Response:
        return Response(GainFullSerializer(self.the_row(name=name)).data)
