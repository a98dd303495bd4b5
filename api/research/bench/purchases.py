"""Tests of purchases: what intentions told of what was bought. They are made by the command `purchase_test`."""

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from api.base.views import ApiView, ListQuery, the_one
from api.research.bench.tidied import TidiedView
from research.models import PurchaseTest
from research.tidying.services import PURCHASE_TEST


class PurchaseTestSerializer(serializers.ModelSerializer):
    run = serializers.CharField(source="run.name")
    leaky = serializers.BooleanField(source="is_leaky", help_text="it says nothing of whether intentions predict")
    config = serializers.DictField(read_only=True, help_text="seed, strictness, release of the model, version")

    class Meta:
        model = PurchaseTest
        fields = ("id", "name", "run", "until", "design", "negatives", "leaky", "config", "created_at")
        read_only_fields = fields


class PurchaseTestFullSerializer(PurchaseTestSerializer):
    results = serializers.DictField(
        read_only=True, help_text="queries, what was left out, the leak, warnings; by ranker arms and differences"
    )

    class Meta:
        model = PurchaseTest
        fields = (*PurchaseTestSerializer.Meta.fields, "results")
        read_only_fields = fields


class PurchaseTests(ApiView, ListAPIView):
    role = User.Role.RESEARCHER
    query = ListQuery
    serializer_class = PurchaseTestSerializer

    def get_queryset(self) -> QuerySet[PurchaseTest]:
        return PurchaseTest.objects.select_related("run")


class PurchaseTestDetail(TidiedView):
    serializer_class = PurchaseTestFullSerializer
    kind = PURCHASE_TEST

    def the_row(self, **at: str | int) -> PurchaseTest:
        return the_one(PurchaseTest.objects.select_related("run"), pk=at["test_id"])

    def get(self, request: Request, test_id: int) -> Response:
        return Response(PurchaseTestFullSerializer(self.the_row(test_id=test_id)).data)
