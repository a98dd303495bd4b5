"""Annotators of a study: how they get on, day by day, and a researcher's decisions about them."""

from datetime import date
from statistics import median
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.desk.days import Day, days_of
from annotation.judging.quality.interventions import (
    REASON_LENGTH,
    participant_exclude,
    participant_pause,
    participant_resume,
)
from annotation.models import Participant
from api.base.idempotency import idempotent
from api.base.views import ListQuery, the_one
from api.research.studies import StudyView

State = Participant.State


class AnnotatorSerializer(serializers.ModelSerializer):
    """By pseudonym: who it is stands under People alone."""

    class Meta:
        model = Participant
        fields = (
            "id", "pseudonym", "state", "state_reason", "qualified_at", "n_judged", "n_seen", "n_skipped", "n_audited",
            "seconds",
        )  # fmt: skip
        read_only_fields = fields


class AnnotatorsQuery(ListQuery):
    state = serializers.ChoiceField(required=False, choices=State.choices)


class DecisionSerializer(serializers.Serializer):
    state = serializers.ChoiceField(
        choices=[State.PAUSED.value, State.ACTIVE.value, State.EXCLUDED.value],
        help_text="active: let somebody go on who is paused; excluded: for good, the judgments count no more",
    )
    reason = serializers.CharField(
        default="", allow_blank=True, max_length=REASON_LENGTH, help_text="the annotator reads it; not to go on"
    )


class SharedSerializer(serializers.Serializer):
    yes, n = serializers.IntegerField(), serializers.IntegerField()


class DaySerializer(serializers.Serializer):
    day = serializers.DateField()
    judgments, left_out, skips = (serializers.IntegerField() for _ in range(3))
    median_seconds = serializers.FloatField(allow_null=True)
    plausible = SharedSerializer()
    with_others = SharedSerializer(help_text="says what the majority of the item's others says")
    gold_right = SharedSerializer()


class DaysSerializer(serializers.Serializer):
    days = DaySerializer(many=True)


class StudyAnnotators(StudyView, ListAPIView):
    query = AnnotatorsQuery
    serializer_class = AnnotatorSerializer

    def get_queryset(self) -> QuerySet[Participant]:
        """Who judges in the study."""
        state = {"state": self.asked["state"]} if "state" in self.asked else {}
        return Participant.objects.filter(study=self.study(), **state)


class AnnotatorView(StudyView):
    serializer_class = AnnotatorSerializer

    def annotator(self) -> Participant:
        return the_one(self.study().participants.select_related("study"), pk=self.kwargs["participant_id"])


class StudyAnnotator(AnnotatorView):
    also_answers = (409,)

    def get(self, request: Request, study_id: int, participant_id: int) -> Response:
        return Response(AnnotatorSerializer(self.annotator()).data)

    @extend_schema(request=DecisionSerializer, responses=AnnotatorSerializer)
    @idempotent
    def patch(self, request: Request, study_id: int, participant_id: int) -> Response:
        """Pause, let go on or exclude."""
        asked, person = self.body(DecisionSerializer), self.annotator()
        decided: dict[str, Any] = {"participant": person, "by": self.me}
        if asked["state"] == State.ACTIVE:
            participant_resume(**decided)
        else:
            decide = participant_pause if asked["state"] == State.PAUSED else participant_exclude
            decide(**decided, reason=asked["reason"])
        return Response(AnnotatorSerializer(self.annotator()).data)


class StudyAnnotatorDays(AnnotatorView):
    @extend_schema(responses=DaysSerializer)
    def get(self, request: Request, study_id: int, participant_id: int) -> Response:
        """Their work day by day, the latest first; days are of the server's time zone."""
        days = sorted(days_of(self.annotator()).items(), reverse=True)
        return Response({"days": [_told(day, found) for day, found in days]})


def _told(day: date, found: Day) -> dict[str, Any]:
    return {
        "day": day,
        "judgments": len(found.seconds),
        "median_seconds": median(found.seconds) if found.seconds else None,
        "plausible": _shared(found.yes),
        "with_others": _shared(found.agrees),
        "gold_right": _shared(found.gold),
        "left_out": found.left_out,
        "skips": found.skips,
    }


def _shared(said: list[bool]) -> dict[str, int]:
    return {"yes": sum(said), "n": len(said)}
