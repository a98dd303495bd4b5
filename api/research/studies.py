"""Studies as researchers see them: made, opened and paused, their figures, their judgments."""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from annotation.design.planning.fixed import Planned, plan_fix
from annotation.design.protocol import Wording
from annotation.design.services import allocation_parse, study_create, study_warnings
from annotation.desk.lifecycle import study_delete
from annotation.figures.numbers import study_figures
from annotation.figures.periods.numbers import PERIODS, periods
from annotation.figures.preferences.numbers import preference_figures
from annotation.models import Study, StudyPlan
from annotation.selection import Selection
from api.base.idempotency import idempotent
from api.base.views import ApiView, ListQuery, Query, all_named, the_one
from api.models import Scope
from api.research.changes import ChangeSerializer, DeleteSerializer, study_change
from api.research.figures import FiguresSerializer, PeriodsSerializer, PreferenceFiguresSerializer
from api.research.selection import selection_taken, versions_asked, versions_field
from api.research.study_forms import NewStudySerializer, PlanSerializer
from distillation.models import Run


class FixedPlanSerializer(serializers.ModelSerializer):
    class Meta:
        model = StudyPlan
        fields = ("figure", "items", "half_width", "fixed_at")
        read_only_fields = fields


class StudySerializer(serializers.ModelSerializer):
    runs: Any = serializers.SlugRelatedField("name", many=True, read_only=True)
    groups: Any = serializers.SlugRelatedField("name", many=True, read_only=True)
    questions = serializers.JSONField(source="scales", read_only=True)
    strata = serializers.ListField(child=serializers.CharField(), read_only=True)
    catalog = serializers.DictField(read_only=True, help_text="which co-buys it was drawn from; empty: the runs' all")
    rules = serializers.DictField(read_only=True)
    demographics = serializers.ListField(child=serializers.CharField(), read_only=True)
    plan = serializers.SerializerMethodField(help_text="null where none was fixed before the first judgment")

    class Meta:
        model = Study
        fields = (
            "id", "name", "kind", "state", "runs", "groups", "n_items", "overlap", "strata", "catalog", "seed",
            "paired",
            "preset", "questions", "typicality_after_yes", "guidelines", "audit_share", "order", "qualification_items",
            "qualification_pass", "qualification_tries", "repeat_share", "repeat_distance", "extra_votes", "rules",
            "lease_minutes", "cap", "terms", "consent", "demographics", "seen", "version", "simulated",
            "created_at", "archived_at",
            "deadline", "reminder", "plan",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(FixedPlanSerializer(allow_null=True))
    def get_plan(self, study: Study) -> dict | None:
        plan = getattr(study, "plan", None)
        return FixedPlanSerializer(plan).data if plan else None


class StudyQuery(ListQuery):
    state = serializers.ChoiceField(required=False, choices=Study.State.choices)


class StudyMadeSerializer(serializers.Serializer):
    study = StudySerializer()
    warnings = serializers.ListField(child=serializers.CharField(), help_text="what may be meant so")


class StudyView(ApiView):
    role = User.Role.RESEARCHER
    writes = Scope.STUDIES_WRITE

    def study(self) -> Study:
        return the_one(Study.objects, pk=self.kwargs["study_id"])


class Studies(StudyView, ListAPIView):
    query = StudyQuery
    serializer_class = StudySerializer
    refused_with = 422

    def get_queryset(self) -> QuerySet[Study]:
        state = {"state": self.asked["state"]} if "state" in self.asked else {}
        return Study.objects.filter(**state).select_related("plan").prefetch_related("runs", "groups")

    @extend_schema(request=NewStudySerializer, responses={201: StudyMadeSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Sample the intentions of runs and make a study of them."""
        asked = self.body(NewStudySerializer)
        study = study_create(**_design(asked), created_by=self.me)
        made = {"study": StudySerializer(study).data, "warnings": study_warnings(study)}
        return Response(made, status=201)


class StudyDetail(StudyView):
    also_answers = (409,)
    serializer_class = StudySerializer

    def get(self, request: Request, study_id: int) -> Response:
        return Response(StudySerializer(self.study()).data)

    @extend_schema(request=ChangeSerializer, responses=StudySerializer)
    @idempotent
    def patch(self, request: Request, study_id: int) -> Response:
        """Open, pause or close it; rename, archive or extend it."""
        return Response(StudySerializer(study_change(self.study(), self.body(ChangeSerializer), self.me)).data)

    @extend_schema(request=DeleteSerializer, responses={204: None})
    def delete(self, request: Request, study_id: int) -> Response:
        """For good, with its judgments: they must have been exported whole before (rows=revisions, no filter)."""
        study_delete(study=self.study(), typed=self.body(DeleteSerializer)["name"], by=self.me)
        return Response(status=204)


class StudyPlanFixed(StudyView):
    refused_with = 422

    @extend_schema(request=PlanSerializer, responses=FixedPlanSerializer)
    @idempotent
    def post(self, request: Request, study_id: int) -> Response:
        """Fix the study's plan, until its first judgment."""
        planned = Planned(**self.body(PlanSerializer))
        return Response(FixedPlanSerializer(plan_fix(study=self.study(), planned=planned, by=self.me)).data)


class FiguresQuery(Query):
    with_seen = serializers.BooleanField(default=False, help_text="of people too who had seen verdicts")
    with_excluded = serializers.BooleanField(default=False, help_text="of excluded annotators too")
    version = versions_field()


class StudyFigures(StudyView):
    query = FiguresQuery

    @extend_schema(responses=FiguresSerializer)
    def get(self, request: Request, study_id: int) -> Response:
        """Agreement, rates and filter quality as `study_stats --json` prints them; what is undefined has a reason. Of
        a study of ratings; what a study of preferences tells is under its own address."""
        study = the_one(Study.objects.of_ratings(), pk=study_id)
        asked = {**self.asked, "version": versions_asked(study, self.asked["version"])}
        return Response(study_figures(study, Selection(**asked)).as_dict())


class StudyPreferences(StudyView):
    @extend_schema(responses=PreferenceFiguresSerializer)
    def get(self, request: Request, study_id: int) -> Response:
        """Win rates, strengths and checks of a preference study, as `study_stats --json` prints them."""
        study = the_one(Study.objects.of_preferences(), pk=study_id)
        return Response(preference_figures(study).as_dict())


class PeriodsQuery(Query):
    by = serializers.ChoiceField(choices=PERIODS, default="year")


class StudyPeriods(StudyView):
    query = PeriodsQuery

    @extend_schema(responses=PeriodsSerializer)
    def get(self, request: Request, study_id: int) -> Response:
        """Quality and filter accuracy by year or month of purchase, or category; trends, and drift between runs."""
        study = the_one(Study.objects.of_ratings(), pk=study_id)
        return Response(periods(study, self.asked["by"]).as_dict())


def _design(asked: dict) -> dict:
    """The arguments of `study_create`."""
    named = {"runs": all_named(Run, asked.pop("runs")), "groups": all_named(Group, asked.pop("groups"))}
    gold, catalog = asked.pop("gold"), selection_taken(asked)
    return {
        **asked,
        **named,
        "catalog": catalog,
        "allocation": allocation_parse(asked["allocation"]),
        "gold": gold.splitlines() if gold else None,
        "wording": Wording(**asked["wording"]),
        "plan": Planned(**asked["plan"]) if asked["plan"] else None,
    }
