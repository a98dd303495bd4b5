"""How varied a run's intentions are: what is stored, and to have it computed."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.base.idempotency import idempotent
from api.base.views import the_one
from api.research.runs import RunView
from research.diversity.services import MOST_EMBEDDED, diversity_ask
from research.models import Diversity


class DiversitySerializer(serializers.ModelSerializer):
    run = serializers.CharField(source="run.name", read_only=True)
    state = serializers.ChoiceField(choices=[*Diversity.State.choices, ("none", "never asked for")], read_only=True)
    figures = serializers.DictField(read_only=True, help_text="empty until they are computed")

    class Meta:
        model = Diversity
        fields = ("run", "state", "doing", "done", "message", "computed_at", "figures")
        read_only_fields = fields


class AskSerializer(serializers.Serializer):
    embed = serializers.IntegerField(
        default=0, min_value=0, max_value=MOST_EMBEDDED, help_text="vectors of so many intentions; needs an extra"
    )


class RunDiversity(RunView):
    serializer_class = DiversitySerializer
    refused_with = 422

    def get(self, request: Request, name: str) -> Response:
        """As it is stored; `state` is none where nobody has asked for it."""
        run = self.run()
        kept = Diversity.objects.filter(run=run).first() or Diversity(run=run, state="none")
        return Response(DiversitySerializer(kept).data)

    @extend_schema(request=AskSerializer, responses={202: DiversitySerializer})
    @idempotent
    def post(self, request: Request, name: str) -> Response:
        """Have a worker compute the figures."""
        kept = diversity_ask(run=self.run(), embed=self.body(AskSerializer)["embed"])
        return Response(DiversitySerializer(the_one(Diversity.objects, pk=kept.pk)).data, status=202)
