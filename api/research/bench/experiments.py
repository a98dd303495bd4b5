"""Experiments: started, and what they show."""

from dataclasses import asdict

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from api.base.idempotency import idempotent
from api.base.views import ApiView, ListQuery, all_named, the_one
from api.models import Scope
from api.research.changes import DeleteSerializer, TidySerializer
from distillation.models import Run
from distillation.runs.wake import run_wake_or_say
from research.experiment_tidying import experiment_archive, experiment_delete, experiment_rename
from research.experiments.making import arms_check, experiment_create, experiment_plan
from research.experiments.summary import experiment_summary
from research.models import Experiment


class ArmSerializer(serializers.Serializer):
    run = serializers.CharField(source="run.name")
    is_control = serializers.BooleanField()
    factor, value = (serializers.CharField(allow_blank=True) for _ in range(2))
    reading = serializers.CharField(allow_blank=True, help_text="of the control's run in another way; empty: as it is")
    strictness = serializers.FloatField(allow_null=True, help_text="of a reading from another p(yes) on")


class ExperimentSerializer(serializers.Serializer):
    name = serializers.CharField()
    question = serializers.CharField(allow_blank=True)
    created_at, archived_at = serializers.DateTimeField(), serializers.DateTimeField(allow_null=True)
    arms = ArmSerializer(many=True)


class ForecastSerializer(serializers.Serializer):
    arms = serializers.IntegerField(help_text="that are to be run")
    calls = serializers.IntegerField(help_text="at most")
    tokens = serializers.IntegerField(allow_null=True, help_text="by what the control took; null: not known")
    hours, dollars = (serializers.FloatField(allow_null=True) for _ in range(2))


class ExperimentMadeSerializer(ExperimentSerializer):
    forecast = ForecastSerializer()
    note = serializers.CharField(allow_blank=True, help_text="what stands in its way, if anything does")


class NewExperimentSerializer(serializers.Serializer):
    name = serializers.RegexField(r"^[\w.-]{1,60}\Z")
    question = serializers.CharField(default="", allow_blank=True, max_length=300)
    control = serializers.CharField(max_length=100, help_text="a run")
    runs = serializers.ListField(
        child=serializers.CharField(max_length=100), default=list, max_length=9, help_text="finished runs as arms"
    )
    vary = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(max_length=300), max_length=9),
        default=dict,
        help_text='values by factor: {"pictures": ["grey", "none"]}',
    )
    only_forecast = serializers.BooleanField(default=False, help_text="say what it would cost, and start nothing")


class ExperimentSummarySerializer(serializers.Serializer):
    """As the page's JSON: counted figures of each arm, and what people say of them."""

    experiment, question, state = (serializers.CharField(allow_blank=True) for _ in range(3))
    cobuys, cobuys_in_all_arms = (serializers.IntegerField() for _ in range(2))
    relations = serializers.ListField(child=serializers.CharField())
    arms, judged, filters = (serializers.ListField(child=serializers.DictField()) for _ in range(3))
    strictness_by_relation = serializers.DictField(allow_null=True, help_text="what it would gain, and whether it pays")
    study = serializers.CharField(allow_null=True)
    simulated = serializers.BooleanField(help_text="the judgments are a program's, not people's")


class ExperimentView(ApiView):
    role = User.Role.RESEARCHER
    writes = Scope.RUNS_WRITE


class Experiments(ExperimentView, ListAPIView):
    serializer_class = ExperimentSerializer
    query = ListQuery
    refused_with = 422

    def get_queryset(self) -> QuerySet[Experiment]:
        return Experiment.objects.prefetch_related("arms__run")

    @extend_schema(request=NewExperimentSerializer, responses={200: ForecastSerializer, 201: ExperimentMadeSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Start the arms of a control; each is a run over its co-buys."""
        asked = self.body(NewExperimentSerializer)
        named = {run.name: run for run in all_named(Run, [asked["control"], *asked["runs"]])}
        plan = experiment_plan(
            control=named[asked["control"]], runs=[named[name] for name in asked["runs"]], vary=asked["vary"]
        )
        told = asdict(plan.forecast)
        if asked["only_forecast"]:
            return Response(told)
        checked = arms_check(plan)
        with transaction.atomic():
            made = experiment_create(
                name=asked["name"], plan=plan, checked=checked, question=asked["question"], created_by=self.me
            )
        notes = {run_wake_or_say(arm.run) for arm in made.arms.to_start()} - {""}
        answer = {**ExperimentSerializer(made).data, "forecast": told, "note": " ".join(notes)}
        return Response(answer, status=201)


class ExperimentDetail(ExperimentView):
    also_answers = (409,)
    serializer_class = ExperimentSummarySerializer

    def get(self, request: Request, name: str) -> Response:
        return Response(experiment_summary(the_one(Experiment.objects, name=name)))

    @extend_schema(request=TidySerializer, responses=ExperimentSerializer)
    @idempotent
    def patch(self, request: Request, name: str) -> Response:
        """Rename or archive it: all of it or nothing."""
        experiment, asked = the_one(Experiment.objects, name=name), self.body(TidySerializer)
        with transaction.atomic():
            if "archived" in asked:
                experiment_archive(experiment=experiment, on=asked["archived"], by=self.me)
            if "name" in asked:
                experiment_rename(experiment=experiment, name=asked["name"], by=self.me)
        return Response(ExperimentSerializer(Experiment.objects.get(pk=experiment.pk)).data)

    @extend_schema(request=DeleteSerializer, responses={204: None})
    def delete(self, request: Request, name: str) -> Response:
        """For good, with its arms; their runs stay."""
        typed = self.body(DeleteSerializer)["name"]
        experiment_delete(experiment=the_one(Experiment.objects, name=name), typed=typed, by=self.me)
        return Response(status=204)
