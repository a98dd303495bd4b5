"""Codes that a platform says were handed in, and skips: looked through, offered again."""

from dataclasses import asdict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.judging.crowd.codes import codes_check
from annotation.judging.quality.interventions import skips_offer_again
from annotation.models import Skip, SkipQuerySet
from api.base.idempotency import idempotent
from api.base.views import LARGEST_ID, ListQuery
from api.research.studies import StudyView


class CodesSerializer(serializers.Serializer):
    csv = serializers.CharField(max_length=10_000_000, help_text="with a column Completion code, and Participant id")


class CheckedSerializer(serializers.Serializer):
    row = serializers.IntegerField()
    worker, code = serializers.CharField(), serializers.CharField()
    right = serializers.BooleanField()
    kind = serializers.CharField(help_text="complete, partial, screened; empty: nobody's code")
    judged = serializers.IntegerField(allow_null=True, help_text="by now")
    said = serializers.CharField()


class CodesCheckedSerializer(serializers.Serializer):
    right = serializers.IntegerField()
    rows = CheckedSerializer(many=True)


class StudyCodeChecks(StudyView):
    refused_with = 422

    @extend_schema(request=CodesSerializer, responses=CodesCheckedSerializer)
    def post(self, request: Request, study_id: int) -> Response:
        """Whose codes these are, of which kind, and how many were judged; as `check_codes`. Nothing is written or
        kept to be replayed: who is erased later must not be in it."""
        study, asked = self.study(), self.body(CodesSerializer)
        rows = [asdict(each) for each in codes_check(study, asked["csv"].splitlines())]
        return Response({"right": sum(each["right"] for each in rows), "rows": rows})


class SkipOfStudySerializer(serializers.ModelSerializer):
    intention_id = serializers.IntegerField(source="item.intention_id", read_only=True)
    annotator = serializers.CharField(source="participant.pseudonym", read_only=True)

    class Meta:
        model = Skip
        fields = ("id", "item", "intention_id", "annotator", "kind", "reason", "offered_at", "created_at")
        read_only_fields = fields


class SkipQuery(ListQuery):
    reason = serializers.ChoiceField(required=False, choices=Skip.Reason.choices)
    annotator = serializers.CharField(required=False, max_length=20, help_text="the pseudonym")
    standing = serializers.BooleanField(required=False, help_text="true: only those that were not offered again")


class StudySkips(StudyView, ListAPIView):
    query = SkipQuery
    serializer_class = SkipOfStudySerializer

    def get_queryset(self) -> SkipQuerySet:
        """What annotators could not judge, and why."""
        skips = Skip.objects.of_study(self.study())
        skips = skips.filter(reason=self.asked["reason"]) if "reason" in self.asked else skips
        if "annotator" in self.asked:
            skips = skips.filter(participant__pseudonym=self.asked["annotator"])
        return skips.standing() if self.asked.get("standing") else skips


class OfferSerializer(serializers.Serializer):
    skips = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID), min_length=1, max_length=10_000
    )


class OfferedSerializer(serializers.Serializer):
    offered = serializers.IntegerField(help_text="the others were offered before, or are of check items")


class StudySkipsOffer(StudyView):
    @extend_schema(request=OfferSerializer, responses=OfferedSerializer)
    @idempotent
    def post(self, request: Request, study_id: int) -> Response:
        """Let those who skipped these items have them once more; the skips stay on record."""
        study, asked = self.study(), self.body(OfferSerializer)
        return Response({"offered": skips_offer_again(study=study, skips=asked["skips"])})
