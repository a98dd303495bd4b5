"""Experiments in a shop: made, asked for an arm, told what was shown and what came of it."""

from collections.abc import Sequence
from dataclasses import asdict

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from api.base.idempotency import idempotent
from api.base.problems import Conflict, Unprocessable
from api.base.views import ApiView, ListQuery, Query, all_named, the_one
from api.models import Scope
from api.research.bench.tidied import TidiedView
from distillation.models import Run
from research.models import OnlineArm, OnlineExperiment
from research.online.assignment import assigned
from research.online.intake import EXPOSURES, LONGEST, MOST_ROWS, OUTCOMES, Kind, Sent
from research.online.refusals import KeyReused
from research.online.results import online_results
from research.online.services import (
    MOST_ARMS,
    ArmPlan,
    events_take,
    online_create,
    online_stop,
    units_erase,
)
from research.tidying.services import SHOP_TEST


class OnlineArmSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=60)
    shows = serializers.ChoiceField(OnlineArm.Shows.choices, default=OnlineArm.Shows.OTHER)
    run = serializers.CharField(default="", allow_blank=True, max_length=100, help_text="whose intentions it shows")
    weight = serializers.IntegerField(default=1, min_value=1, max_value=10_000, help_text="its part of the units")


class NewOnlineSerializer(serializers.Serializer):
    name = serializers.RegexField(r"^(?!\.+\Z)[\w.-]{1,60}\Z")
    question = serializers.CharField(default="", allow_blank=True, max_length=300)
    arms = serializers.ListField(
        child=OnlineArmSerializer(), min_length=2, max_length=MOST_ARMS, help_text="the first is the control"
    )
    window_days = serializers.IntegerField(default=7, min_value=1, max_value=365)
    before_days = serializers.IntegerField(default=28, min_value=0, max_value=365)
    planned_units = serializers.IntegerField(default=100_000, min_value=100, max_value=1_000_000_000)


class ShownArmSerializer(serializers.Serializer):
    name, shows = serializers.CharField(), serializers.CharField()
    run = serializers.CharField(source="run.name", default=None, allow_null=True)
    weight = serializers.IntegerField()


class OnlineSerializer(serializers.Serializer):
    name, question = serializers.CharField(), serializers.CharField(allow_blank=True)
    salt = serializers.CharField(help_text="to assign by yourself: see the assignment's route")
    arms = ShownArmSerializer(many=True)
    window_days, before_days, planned_units = (serializers.IntegerField() for _ in range(3))
    simulated = serializers.BooleanField()
    stopped_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class OnlineResultsSerializer(serializers.Serializer):
    name = serializers.CharField()
    counted_at = serializers.DateTimeField(allow_null=True, help_text="large ones are counted by a worker")
    arms, lifts = (serializers.ListField(child=serializers.DictField()) for _ in range(2))
    sample_ratio = serializers.DictField(allow_null=True, help_text="χ² of the units; under an alarm read no lift")
    left_out = serializers.DictField(child=serializers.IntegerField())


class ExposureSerializer(serializers.Serializer):
    key = serializers.CharField(max_length=LONGEST, help_text="of the event; the same again changes nothing")
    unit = serializers.CharField(max_length=LONGEST, help_text="visitor, customer; kept as a keyed hash only")
    arm = serializers.CharField(required=False, help_text="what was shown; left out: what the hash assigns")
    at = serializers.DateTimeField(help_text="with its zone; may lie back")


class OutcomeSerializer(serializers.Serializer):
    key = serializers.CharField(max_length=LONGEST)
    unit = serializers.CharField(max_length=LONGEST)
    value = serializers.FloatField(required=False, help_text="money")
    at = serializers.DateTimeField()


class ExposuresSerializer(serializers.Serializer):
    exposures = serializers.ListField(child=ExposureSerializer(), min_length=1, max_length=MOST_ROWS)


class OutcomesSerializer(serializers.Serializer):
    outcomes = serializers.ListField(child=OutcomeSerializer(), min_length=1, max_length=MOST_ROWS)


class TakenSerializer(serializers.Serializer):
    new = serializers.IntegerField()
    repeated = serializers.IntegerField(help_text="came before under their key, with the same content")
    after_stop = serializers.IntegerField(help_text="exposures after the experiment was stopped; not taken")


class UnitsSerializer(serializers.Serializer):
    units = serializers.ListField(child=serializers.CharField(max_length=LONGEST), min_length=1, max_length=MOST_ROWS)


class ErasedSerializer(serializers.Serializer):
    erased = serializers.IntegerField(help_text="units that had any row")


class UnitQuery(Query):
    unit = serializers.CharField(max_length=LONGEST, trim_whitespace=False)


class AssignedSerializer(serializers.Serializer):
    arm = serializers.CharField()


class OnlineView(ApiView):
    role = User.Role.RESEARCHER
    writes = Scope.STUDIES_WRITE
    refused_with = 422

    def online(self, name: str) -> OnlineExperiment:
        return the_one(OnlineExperiment.objects.prefetch_related("arms__run"), name=name)


class OnlineExperiments(OnlineView, ListAPIView):
    serializer_class = OnlineSerializer
    query = ListQuery

    def get_queryset(self) -> QuerySet[OnlineExperiment]:
        return OnlineExperiment.objects.prefetch_related("arms__run")

    @extend_schema(request=NewOnlineSerializer, responses={201: OnlineSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        asked = self.body(NewOnlineSerializer)
        runs = {run.name: run for run in all_named(Run, {arm["run"] for arm in asked["arms"]} - {""})}
        arms = [ArmPlan(**{**arm, "run": runs.get(arm["run"])}) for arm in asked.pop("arms")]
        return Response(OnlineSerializer(online_create(arms=arms, created_by=self.me, **asked)).data, status=201)


class OnlineDetail(TidiedView):
    serializer_class = OnlineSerializer
    writes = Scope.STUDIES_WRITE
    kind = SHOP_TEST

    def the_row(self, **at: str | int) -> OnlineExperiment:
        return the_one(OnlineExperiment.objects.prefetch_related("arms__run"), **at)

    def get(self, request: Request, name: str) -> Response:
        return Response(OnlineSerializer(self.the_row(name=name)).data)


class OnlineStop(OnlineView):
    @extend_schema(request=None, responses=OnlineSerializer)
    @idempotent
    def post(self, request: Request, name: str) -> Response:
        """No exposure after now is taken; outcomes are, as windows are open still."""
        online = self.online(name)
        online_stop(online=online)
        return Response(OnlineSerializer(online).data)


class OnlineResults(OnlineView):
    serializer_class = OnlineResultsSerializer

    def get(self, request: Request, name: str) -> Response:
        """As the page shows it. `at_any_look` holds however often one looks, `at_one_planned_look` does not."""
        return Response(online_results(self.online(name)).as_dict())


class OnlineAssignment(OnlineView):
    serializer_class = AssignedSerializer
    query = UnitQuery

    def get(self, request: Request, name: str) -> Response:
        """The first 8 bytes of SHA-256 over "salt:unit", big-endian, times the sum of weights, shifted right by 64
        bits: the arm is the first whose weights so far are over it."""
        online = self.online(name)
        place = assigned(online.salt, self.asked["unit"], online.weights)
        return Response({"arm": online.arms.all()[place].name})


class OnlineRows(OnlineView):
    """A batch of what a shop sends; what its rows are is up to the kind."""

    also_answers = (409,)

    def taken(self, request: Request, name: str, kind: Kind) -> Response:
        try:
            return Response(asdict(events_take(online=self.online(name), kind=kind, rows=rows_of(request, kind.name))))
        except KeyReused as error:
            raise Conflict(str(error)) from error


class OnlineExposures(OnlineRows):
    @extend_schema(request=ExposuresSerializer, responses=TakenSerializer)
    def post(self, request: Request, name: str) -> Response:
        """All of a batch or nothing; each row's key makes it idempotent. Under a known key with other content: 409."""
        return self.taken(request, name, EXPOSURES)


class OnlineOutcomes(OnlineRows):
    @extend_schema(request=OutcomesSerializer, responses=TakenSerializer)
    def post(self, request: Request, name: str) -> Response:
        """As exposures. Those of unknown units and before an exposure are kept, left out of the lift, and counted."""
        return self.taken(request, name, OUTCOMES)


class OnlineErasure(OnlineView):
    @extend_schema(request=UnitsSerializer, responses=ErasedSerializer)
    def post(self, request: Request, name: str) -> Response:
        """All rows of these units are deleted, and the figures counted anew."""
        return Response({"erased": units_erase(online=self.online(name), units=self.body(UnitsSerializer)["units"])})


def rows_of(request: Request, name: str) -> Sequence[Sent]:
    if not isinstance(request.data, dict) or set(request.data) != {name}:
        raise Unprocessable(f'Send {{"{name}": [...]}} and nothing else')
    return request.data[name]
