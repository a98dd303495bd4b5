"""The researcher's desk: judgments looked through, left out, taken back, sent back; items assigned; what an adjudicator
has answered."""

from dataclasses import asdict
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from annotation.desk.assigning import assigned_to, items_assign, items_unassign
from annotation.desk.judgment_list import (
    COMMENTS,
    DISAGREEMENT,
    OF_KIND,
    answers_of,
    judgments_chosen,
)
from annotation.desk.leaving_out import judgments_leave_out, judgments_offer_again, judgments_take_back
from annotation.desk.sending_back import WORD_LENGTH, judgments_send_back
from annotation.models import Adjudication, Judgment, Participant, Study
from api.base.idempotency import idempotent
from api.base.problems import BadQuery
from api.base.views import LARGEST_ID, ListQuery
from api.research.studies import StudyView
from distillation.models import Exposure
from distillation.runs.exposure import exposure_record

MOST = 10_000


class StudyJudgmentSerializer(serializers.ModelSerializer):
    intention_id = serializers.IntegerField(source="item.intention_id", read_only=True)
    annotator = serializers.CharField(source="participant.pseudonym", read_only=True)

    class Meta:
        model = Judgment
        fields = (
            "id", "item", "intention_id", "annotator", "kind", "plausibility", "typicality", "preference",
            "filter_right", "comment", "version", "role", "had_seen", "active_seconds", "left_out_at", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class JudgmentListQuery(ListQuery):
    annotator = serializers.CharField(required=False, max_length=20, help_text="the pseudonym")
    answer = serializers.CharField(required=False, max_length=40, help_text="such as plausibility:1")
    kind = serializers.ChoiceField(required=False, choices=[(name, words) for name, (words, _) in OF_KIND.items()])
    comment = serializers.ChoiceField(required=False, choices=[(name, words) for name, (words, _) in COMMENTS.items()])
    version = serializers.IntegerField(required=False, min_value=1, max_value=32_767)
    disagreement = serializers.ChoiceField(required=False, choices=list(DISAGREEMENT.items()))
    faster = serializers.FloatField(required=False, min_value=0.1, max_value=3600, help_text="than so many seconds")
    since = serializers.DateField(required=False, help_text="the day is within")
    until = serializers.DateField(required=False, help_text="the day is within")


class StudyJudgments(StudyView, ListAPIView):
    query = JudgmentListQuery
    serializer_class = StudyJudgmentSerializer

    def get_queryset(self) -> QuerySet[Judgment]:
        """All of the study's judgments, of every kind, with the filters of its page *Judgments*."""
        study = self.study()
        chosen = judgments_chosen(study, _checked(study, dict(self.asked)))
        exposure_record(user=self.me, runs=study.runs.values_list("pk", flat=True), where=Exposure.Where.API)
        return chosen.select_related("participant", "item")


class ChosenSerializer(serializers.Serializer):
    judgments = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID), min_length=1, max_length=MOST
    )


class SendBackSerializer(ChosenSerializer):
    word = serializers.CharField(max_length=WORD_LENGTH, help_text="what to look at again: the annotator reads it")


class LeftOutSerializer(serializers.Serializer):
    left_out = serializers.IntegerField(help_text="the others were left out before, or are of check items")


class TakenBackSerializer(serializers.Serializer):
    taken_back = serializers.IntegerField()
    refused = serializers.IntegerField(help_text="others have their places: raise the overlap first")


class SentBackSerializer(serializers.Serializer):
    sent_back = serializers.IntegerField(help_text="the others were not answered yet, or do not count")


class OfferedAgainSerializer(serializers.Serializer):
    offered = serializers.IntegerField(help_text="of the others both pictures were shown")


class StudyJudgmentsLeaveOut(StudyView):
    @extend_schema(request=ChosenSerializer, responses=LeftOutSerializer)
    @idempotent
    def post(self, request: Request, study_id: int) -> Response:
        """They stay on record and count nowhere; their items go to others."""
        asked = self.body(ChosenSerializer)
        return Response({"left_out": judgments_leave_out(study=self.study(), by=self.me, **asked)})


class StudyJudgmentsTakeBack(StudyView):
    @extend_schema(request=ChosenSerializer, responses=TakenBackSerializer)
    @idempotent
    def post(self, request: Request, study_id: int) -> Response:
        """Let what was left out count again, as far as the places are free."""
        back = judgments_take_back(study=self.study(), by=self.me, **self.body(ChosenSerializer))
        return Response({"taken_back": back.judgments, "refused": back.refused})


class StudyJudgmentsSendBack(StudyView):
    @extend_schema(request=SendBackSerializer, responses=SentBackSerializer)
    @idempotent
    def post(self, request: Request, study_id: int) -> Response:
        """Ask their annotators to look once more."""
        asked = self.body(SendBackSerializer)
        return Response({"sent_back": judgments_send_back(study=self.study(), by=self.me, **asked)})


class StudyJudgmentsOffer(StudyView):
    @extend_schema(request=ChosenSerializer, responses=OfferedAgainSerializer)
    @idempotent
    def post(self, request: Request, study_id: int) -> Response:
        """Ask once more for what was judged although a picture had failed; these judgments count no more."""
        return Response({"offered": judgments_offer_again(study=self.study(), **self.body(ChosenSerializer))})


class AssignSerializer(serializers.Serializer):
    """To one person or one group."""

    person = serializers.SlugRelatedField(
        "username", queryset=User.objects.filter(is_active=True), default=None, allow_null=True
    )
    group = serializers.SlugRelatedField("name", queryset=Group.objects.all(), default=None, allow_null=True)
    category = serializers.CharField(default="", allow_blank=True, max_length=60, help_text="empty: of all")
    n = serializers.IntegerField(
        default=None, allow_null=True, min_value=1, max_value=LARGEST_ID, help_text="so many; null: all"
    )


class AssignedSerializer(serializers.Serializer):
    items = serializers.IntegerField()
    too_few = serializers.CharField(allow_blank=True, help_text="why these people alone can't complete them")


class AssignmentsSerializer(serializers.Serializer):
    assigned = serializers.ListField(child=serializers.CharField(), help_text="who has how many items")


class EverybodysSerializer(serializers.Serializer):
    items = serializers.IntegerField(help_text="that are everybody's again")


class StudyAssignments(StudyView):
    also_answers = (409,)

    @extend_schema(responses=AssignmentsSerializer)
    def get(self, request: Request, study_id: int) -> Response:
        """Who has how many items."""
        return Response({"assigned": assigned_to(self.study())})

    @extend_schema(request=AssignSerializer, responses=AssignedSerializer)
    @idempotent
    def post(self, request: Request, study_id: int) -> Response:
        """Give items that want judgments to a person or a group: nobody else may have them."""
        return Response(asdict(items_assign(study=self.study(), by=self.me, **self.body(AssignSerializer))))

    @extend_schema(responses={200: EverybodysSerializer})
    def delete(self, request: Request, study_id: int) -> Response:
        """Everybody of the study may have all items again."""
        return Response({"items": items_unassign(study=self.study(), by=self.me)})


class AdjudicationSerializer(serializers.ModelSerializer):
    by: Any = serializers.CharField(source="by.username", default=None, allow_null=True, read_only=True)

    class Meta:
        model = Adjudication
        fields = ("item", "by", "plausibility", "typicality", "comment", "had_seen", "created_at")
        read_only_fields = fields


class StudyAdjudications(StudyView, ListAPIView):
    query = ListQuery
    serializer_class = AdjudicationSerializer

    def get_queryset(self) -> QuerySet[Adjudication]:
        """What the named adjudicator has answered; kept apart from judgments."""
        return Adjudication.objects.filter(item__study=self.study()).select_related("by")


def _checked(study: Study, asked: dict[str, Any]) -> dict[str, Any]:
    if "annotator" in asked:
        person = Participant.objects.filter(study=study, pseudonym=asked["annotator"]).first()
        if person is None:
            raise BadQuery({"annotator": ["Nobody in this study has this pseudonym"]})
        asked["annotator"] = person.pk
    if "answer" in asked and asked["answer"] not in (known := answers_of(study)):
        raise BadQuery({"answer": [f"There is no such answer; there are {', '.join(known)}"]})
    if "disagreement" in asked and study.is_preference:
        raise BadQuery({"disagreement": ["Of two tastes neither is against the majority; leave it out"]})
    return asked
