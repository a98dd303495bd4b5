"""Everybody's tokens, for administrators; people look after their own under /api-tokens/."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from api.base.views import ApiView, ListQuery, the_one
from api.models import ApiToken, Scope
from api.tokens.services import token_revoke


class TokenSerializer(serializers.ModelSerializer):
    owner = serializers.CharField(source="owner.username", read_only=True)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices), read_only=True)
    state = serializers.ChoiceField(choices=["open", "expired", "revoked"], read_only=True)

    class Meta:
        model = ApiToken
        fields = ("id", "owner", "name", "prefix", "scopes", "state", "expires_at", "last_used_at", "created_at")
        read_only_fields = ("name", "prefix", "expires_at", "last_used_at", "created_at")


class Tokens(ApiView, ListAPIView):
    role = User.Role.ADMINISTRATOR
    reads = Scope.ADMIN
    query = ListQuery
    serializer_class = TokenSerializer

    def get_queryset(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.select_related("owner")


class TokenDetail(ApiView):
    role = User.Role.ADMINISTRATOR
    reads = writes = Scope.ADMIN

    @extend_schema(responses={204: None})
    def delete(self, request: Request, token_id: int) -> Response:
        """Revoke it; it stays in the list."""
        token_revoke(token=the_one(ApiToken.objects, pk=token_id))
        return Response(status=204)
