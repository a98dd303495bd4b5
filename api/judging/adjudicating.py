"""The named adjudicator's route: contested items, blind as everybody's."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.desk.adjudicating import adjudication_save, is_refused, to_adjudicate
from annotation.judging.participants import verdicts_seen
from annotation.judging.shown import questions_shown
from annotation.judging.writing import COMMENT_LENGTH
from annotation.models import Adjudication, Study
from api.base.idempotency import idempotent
from api.base.views import LARGEST_ID, ApiView, the_one
from api.judging.records import LARGEST_RATING, SHOWN, BlindItemSerializer, QuestionSerializer
from api.models import Scope


class ToAdjudicateSerializer(serializers.Serializer):
    done, left = serializers.IntegerField(), serializers.IntegerField()
    refused = serializers.BooleanField(help_text="the study is for people who have not seen verdicts, and you have")
    had_seen = serializers.CharField(allow_blank=True, help_text="where you have seen verdicts: answers are marked")
    item = BlindItemSerializer(allow_null=True)
    questions = QuestionSerializer(many=True)


class NewAdjudicationSerializer(serializers.Serializer):
    item = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    plausibility = serializers.IntegerField(min_value=0, max_value=LARGEST_RATING)
    typicality = serializers.IntegerField(default=None, allow_null=True, min_value=0, max_value=LARGEST_RATING)
    comment = serializers.CharField(default="", allow_blank=True, max_length=COMMENT_LENGTH)


class OwnAdjudicationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Adjudication
        fields = ("item", "plausibility", "typicality", "comment", "had_seen", "created_at")
        read_only_fields = fields


class Adjudicating(ApiView):
    writes = Scope.JUDGE
    also_answers = (409,)

    def study(self) -> Study:
        mine = Study.objects.of_ratings().filter(adjudicator=self.me)
        return the_one(mine, pk=self.kwargs["study_id"])

    @extend_schema(responses=ToAdjudicateSerializer)
    def get(self, request: Request, study_id: int) -> Response:
        """What comes next for you, the named adjudicator: no votes, no verdict, no names."""
        study = self.study()
        left = to_adjudicate(study, self.me).select_related(*SHOWN)
        context = {**self.get_serializer_context(), "a_on_left": True, "first_left": None}
        item = left.first()
        told: dict[str, Any] = {
            "done": Adjudication.objects.filter(item__study=study, by=self.me).count(),
            "left": left.count(),
            "refused": is_refused(study, self.me),
            "had_seen": verdicts_seen(study, self.me),
            "item": BlindItemSerializer(item, context=context).data if item else None,
            "questions": QuestionSerializer(
                questions_shown(study.questions, study.typicality_after_yes), many=True
            ).data,
        }
        return Response(told)

    @extend_schema(request=NewAdjudicationSerializer, responses={201: OwnAdjudicationSerializer})
    @idempotent
    def post(self, request: Request, study_id: int) -> Response:
        """Answer, once for each item."""
        study, asked = self.study(), self.body(NewAdjudicationSerializer)
        made = adjudication_save(study=study, item_id=asked.pop("item"), by=self.me, **asked)
        return Response(OwnAdjudicationSerializer(made).data, status=201)
