"""Webhooks and what they were told, for administrators."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from api.base.idempotency import idempotent
from api.base.problems import Unprocessable
from api.base.views import ApiView, ListQuery, the_one
from api.models import Scope
from webhooks.models import Delivery, Event, Webhook
from webhooks.services import WebhookRefused, webhook_add, webhook_remove


class WebhookSerializer(serializers.ModelSerializer):
    events = serializers.ListField(child=serializers.ChoiceField(choices=Event.choices), read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Webhook
        fields: tuple[str, ...] = ("id", "url", "events", "is_active", "created_by", "created_at")
        read_only_fields = ("url", "is_active", "created_at")


class WebhookMadeSerializer(WebhookSerializer):
    class Meta(WebhookSerializer.Meta):
        fields = (*WebhookSerializer.Meta.fields, "secret")
        told = "signs deliveries; told this once, and empty where the answer is replayed under its key"
        extra_kwargs = {"secret": {"read_only": True, "help_text": told}}


class NewWebhookSerializer(serializers.Serializer):
    url = serializers.CharField(max_length=500, help_text="reachable from this server")
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=Event.choices), min_length=1, max_length=len(Event)
    )


class DeliverySerializer(serializers.ModelSerializer):
    payload = serializers.DictField(read_only=True, help_text="what is sent as data")

    class Meta:
        model = Delivery
        fields = ("id", "event", "payload", "state", "tries", "due_at", "answer", "created_at")
        read_only_fields = ("event", "state", "tries", "due_at", "answer", "created_at")


class WebhookView(ApiView):
    role = User.Role.ADMINISTRATOR
    reads = writes = Scope.ADMIN

    def webhook(self) -> Webhook:
        return the_one(Webhook.objects, pk=self.kwargs["webhook_id"])


class Webhooks(WebhookView, ListAPIView):
    told_once = ("secret",)
    query = ListQuery
    serializer_class = WebhookSerializer

    def get_queryset(self) -> QuerySet[Webhook]:
        return Webhook.objects.select_related("created_by")

    @extend_schema(request=NewWebhookSerializer, responses={201: WebhookMadeSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Be told when runs or studies are finished; only this answer has the secret."""
        try:
            made = webhook_add(**self.body(NewWebhookSerializer), by=self.me)
        except WebhookRefused as refusal:
            raise Unprocessable(str(refusal)) from refusal
        made.refresh_from_db()
        return Response(WebhookMadeSerializer(made).data, status=201)


class WebhookDetail(WebhookView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, webhook_id: int) -> Response:
        """Remove it, with its deliveries."""
        webhook_remove(webhook=self.webhook())
        return Response(status=204)


class WebhookDeliveries(WebhookView, ListAPIView):
    query = ListQuery
    serializer_class = DeliverySerializer

    def get_queryset(self) -> QuerySet[Delivery]:
        return self.webhook().deliveries.all()
