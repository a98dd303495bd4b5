"""Evaluations on benchmarks: looked at, compared, every answer. They are asked by the command `evaluate`."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from api.base.problems import BadQuery
from api.base.views import ApiView, ListQuery, Query, the_one
from api.research.figures import FigureSerializer
from research.evaluations.comparing import evaluations_compare
from research.evaluations.results import results_of
from research.models import Evaluation, EvaluationAnswer


class EvaluationSerializer(serializers.ModelSerializer):
    benchmark = serializers.CharField(source="question_set.name")
    answered_by = serializers.CharField(source="maker", help_text="a model, or rules, or a simulation")
    config = serializers.DictField(read_only=True, help_text="tasks, mode, sampling; fixed at the start")

    class Meta:
        model = Evaluation
        fields = (
            "name", "state", "message", "benchmark", "backend", "model", "answered_by", "config", "questions",
            "created_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields


class GroupSerializer(serializers.Serializer):
    name = serializers.CharField()
    strict, lenient = (FigureSerializer() for _ in range(2))


class TaskSerializer(serializers.Serializer):
    """Strict: the official rules; lenient: the letter that the reply means."""

    task = serializers.CharField()
    answered, scored, failed, invalid = (serializers.IntegerField() for _ in range(4))
    strict, lenient = (FigureSerializer() for _ in range(2))
    most_frequent_letter = serializers.DictField(help_text="letter, accuracy: who always says it")
    letters = serializers.DictField(help_text="how often each, in gold and by either rule")
    by_relation, by_band = (GroupSerializer(many=True) for _ in range(2))


class ResultsSerializer(serializers.Serializer):
    evaluation, state, message, backend, model, answered_by, bands = (
        serializers.CharField(allow_blank=True) for _ in range(7)
    )
    benchmark, config, cost = (serializers.DictField() for _ in range(3))
    answers, answers_owed, failed_calls = (serializers.IntegerField() for _ in range(3))
    answered_as = serializers.ListField(child=serializers.CharField(), help_text="names in replies, other than asked")
    tasks = TaskSerializer(many=True)
    options_only = serializers.DictField(allow_null=True, help_text="the same without the questions, if it was run")


class AnswerSerializer(serializers.ModelSerializer):
    task = serializers.CharField(source="question.task")
    question = serializers.CharField(source="question.key")

    class Meta:
        model = EvaluationAnswer
        fields = ("id", "task", "question", "sample", "order", "strict", "lenient", "failure", "detail", "raw", "model")
        read_only_fields = fields


class ComparisonQuery(Query):
    before = serializers.CharField(max_length=100, help_text="name of an evaluation")
    after = serializers.CharField(max_length=2_000, help_text="names with commas; three trainings speak of the method")


class ComparisonSerializer(serializers.Serializer):
    before, speaks_of = (serializers.CharField() for _ in range(2))
    after, differs_beside_the_model = (serializers.ListField(child=serializers.CharField()) for _ in range(2))
    tasks = serializers.ListField(child=serializers.DictField())


class EvaluationView(ApiView):
    role = User.Role.RESEARCHER

    def evaluation(self) -> Evaluation:
        return the_one(Evaluation.objects, name=self.kwargs["name"])


class Evaluations(EvaluationView, ListAPIView):
    query = ListQuery
    serializer_class = EvaluationSerializer

    def get_queryset(self) -> QuerySet[Evaluation]:
        return Evaluation.objects.select_related("question_set")


class EvaluationDetail(EvaluationView):
    serializer_class = ResultsSerializer

    def get(self, request: Request, name: str) -> Response:
        """Of what is answered so far; `state` tells whether that is all."""
        return Response(ResultsSerializer(results_of(self.evaluation()).as_dict()).data)


class EvaluationAnswers(EvaluationView, ListAPIView):
    query = ListQuery
    serializer_class = AnswerSerializer

    def get_queryset(self) -> QuerySet[EvaluationAnswer]:
        if getattr(self, "swagger_fake_view", False):
            return EvaluationAnswer.objects.none()
        return self.evaluation().answers.select_related("question")


class EvaluationComparison(EvaluationView):
    query = ComparisonQuery
    serializer_class = ComparisonSerializer

    @extend_schema(responses=ComparisonSerializer)
    def get(self, request: Request) -> Response:
        """Before and after on the same questions, with co-buys as clusters."""
        names = [self.asked["before"], *filter(None, self.asked["after"].split(","))]
        found = {made.name: made for made in Evaluation.objects.filter(name__in=names)}
        if missing := [name for name in names if name not in found]:
            raise BadQuery({"after": [f"There is no evaluation named {missing[0]}"]})
        before, *after = (found[name] for name in names)
        return Response(ComparisonSerializer(evaluations_compare(before, after).as_dict()).data)
