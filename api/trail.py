"""The audit trail, for administrators."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.generics import ListAPIView

from accounts.models import Deed, User
from api.base.views import ApiView, ListQuery
from api.models import Scope


class TrailQuery(ListQuery):
    kind = serializers.ChoiceField(required=False, choices=Deed.Kind.choices)


class DeedSerializer(serializers.ModelSerializer):
    by = serializers.CharField(source="by.username", default=None, allow_null=True, read_only=True)
    person = serializers.CharField(source="person.username", default=None, allow_null=True, read_only=True)
    details: Any = serializers.DictField(read_only=True)

    class Meta:
        model = Deed
        fields = ("id", "kind", "by", "person", "about", "details", "at")
        read_only_fields = fields


class Trail(ApiView, ListAPIView):
    """Who did what: links, exclusions, strictness, exports, changes of studies, erasures."""

    role = User.Role.ADMINISTRATOR
    reads = Scope.ADMIN
    query = TrailQuery
    serializer_class = DeedSerializer

    def get_queryset(self) -> QuerySet[Deed]:
        chosen = {"kind": self.asked["kind"]} if "kind" in self.asked else {}
        return Deed.objects.select_related("by", "person").filter(**chosen)
