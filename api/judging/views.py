"""The annotator's routes: blind, freeze, reveal, by the services that the pages use."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.judging.access import participant_of
from annotation.judging.allocation import Waiting, item_next, item_skip, skip_undo
from annotation.judging.confirming import demographics_save, participant_confirm
from annotation.judging.page import progress
from annotation.judging.quality.qualification import try_done
from annotation.judging.refusals import JudgingRefused
from annotation.judging.writing import (
    Answers,
    answers_checked,
    audit_save,
    comment_save,
    judgment_revise,
    judgment_save,
)
from annotation.models import Item, Judgment, Kind, Lease, Participant, Study
from api.base.idempotency import idempotent
from api.base.problems import Unprocessable
from api.base.views import ApiView, ListQuery, the_one
from api.judging.records import (
    JUDGED,
    NEW,
    REVISED,
    SHOWN,
    AuditSerializer,
    BlindItemSerializer,
    ConfirmSerializer,
    JudgmentSerializer,
    MyStudySerializer,
    NewJudgmentSerializer,
    NewPreferenceSerializer,
    NextSerializer,
    OwnQuery,
    PreferenceSerializer,
    RatingsSerializer,
    RevisionSerializer,
    SkipSerializer,
)
from api.models import Scope
from api.research.runs import NothingSerializer
from common.counting import of_people_q


class JudgingView(ApiView):
    writes = Scope.JUDGE

    def participant(self) -> Participant:
        return participant_of(self.me, self.kwargs["study_id"])

    def own(self, judgment_id: int) -> Judgment:
        """One of the caller's own judgments, in a study in which they may still judge, as on the pages."""
        mine = Participant.objects.with_rights().filter(annotator=self.me)
        own = Judgment.objects.filter(of_people_q("participant__study__"), participant__in=mine)
        return the_one(own.select_related(*JUDGED), pk=judgment_id)

    def told(self, judgment_id: int, status: int = 200) -> Response:
        return Response(self.get_serializer(self.own(judgment_id)).data, status=status)


class MyStudies(JudgingView, ListAPIView):
    """Studies that you may judge in."""

    query = ListQuery
    serializer_class = MyStudySerializer

    def get_queryset(self) -> QuerySet[Study]:
        return Study.objects.for_annotator(self.me)


class NextItem(JudgingView):
    @extend_schema(request=NothingSerializer, responses=NextSerializer)
    def post(self, request: Request, study_id: int) -> Response:
        """Reserve what comes next, or keep what you have a while longer. Nothing of the verdict is in it."""
        participant = self.participant()
        found = item_next(participant=participant)
        shown: dict[str, Any] = {
            "state": "finished",
            "version": participant.study.version,
            "item": None,
            "check": None,
            "lease_ends_at": None,
            "look_again_at": None,
        }
        if isinstance(found, Waiting):
            shown |= {"state": "waiting", "look_again_at": found.look_again}
        elif isinstance(found, Lease):
            shown |= {"state": "item", "lease_ends_at": found.expires_at, **self._item(participant, found)}
        done = progress(participant)
        return Response({**shown, "progress": {name: done[name] for name in ("done", "total")}})

    def _item(self, participant: Participant, lease: Lease) -> dict:
        item = Item.objects.select_related(*SHOWN).get(pk=lease.item_id)
        context = {**self.get_serializer_context(), "a_on_left": lease.a_on_left, "first_left": lease.first_left}
        check = _check(participant) if lease.kind == Kind.GOLD else None
        return {"item": BlindItemSerializer(item, context=context).data, "check": check}


class Confirm(JudgingView):
    @extend_schema(request=ConfirmSerializer, responses={204: None})
    @idempotent
    def post(self, request: Request, study_id: int) -> Response:
        """Say that your annotator has read the guidelines of this version, and accepts the consent text; and what the
        person says of themselves, where the study asks."""
        participant, asked = self.participant(), self.body(ConfirmSerializer)
        answers = asked.pop("demographics", None)
        participant_confirm(participant=participant, **asked)
        if answers is not None:
            demographics_save(participant=participant, answers=answers)
        return Response(status=204)


class OwnJudgments(JudgingView, ListAPIView):
    query = OwnQuery
    serializer_class = JudgmentSerializer

    def get_queryset(self) -> QuerySet[Judgment]:
        """Your own, and nobody else's; researchers have judgments.csv."""
        own = self.participant().judgments.exclude(kind=Kind.GOLD)
        own = own.to_audit() if self.asked.get("to_audit") else own
        own = own.filter(sent_back__isnull=False, sent_back__answered_at=None) if self.asked.get("sent_back") else own
        return own.select_related(*JUDGED).prefetch_related("revisions", "sent_back")

    @extend_schema(request=NEW, responses={201: JudgmentSerializer})
    @idempotent
    def post(self, request: Request, study_id: int) -> Response:
        """Freeze your ratings of the item that you have; the answer tells the verdict where its audit is asked."""
        participant = self.participant()
        asked = self.body(NewPreferenceSerializer if participant.study.is_preference else NewJudgmentSerializer)
        _refuse_off_scale(participant.study, asked)
        judgment = judgment_save(participant=participant, item_id=asked.pop("item"), **asked)
        return self.told(judgment.pk, status=201)


class JudgmentDetail(JudgingView):
    serializer_class = JudgmentSerializer

    def get(self, request: Request, judgment_id: int) -> Response:
        """One of your own."""
        return self.told(judgment_id)


class JudgmentAudit(JudgingView):
    serializer_class = JudgmentSerializer

    @extend_schema(request=AuditSerializer, responses=JudgmentSerializer)
    @idempotent
    def post(self, request: Request, judgment_id: int) -> Response:
        """Say whether the filter was right; the first answer counts."""
        who, asked = self.own(judgment_id).participant, self.body(AuditSerializer)
        audit_save(participant=who, judgment_id=judgment_id, filter_right=asked["filter_right"], reason=asked["reason"])
        _comment(who, judgment_id, asked)
        return self.told(judgment_id)


class JudgmentRevisions(JudgingView):
    @extend_schema(request=REVISED, responses={201: RevisionSerializer})
    @idempotent
    def post(self, request: Request, judgment_id: int) -> Response:
        """Change your ratings. After the reveal the blind ones go on counting, and this stands beside them."""
        who = self.own(judgment_id).participant
        asked = self.body(PreferenceSerializer if who.study.is_preference else RatingsSerializer)
        _refuse_off_scale(who.study, asked)
        answers = {name: value for name, value in asked.items() if name != "comment"}
        revision = judgment_revise(participant=who, judgment_id=judgment_id, **answers)
        _comment(who, judgment_id, asked)
        return Response(RevisionSerializer(revision).data, status=201)


class ItemSkip(JudgingView):
    @extend_schema(request=SkipSerializer, responses={204: None})
    @idempotent
    def post(self, request: Request, study_id: int) -> Response:
        """Give the item back; it does not come to you again."""
        participant, asked = self.participant(), self.body(SkipSerializer)
        item_skip(participant=participant, item_id=asked["item"], reason=asked["reason"])
        return Response(status=204)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, study_id: int) -> Response:
        """Take your last skip back; its item is what comes next, unless it is with others now."""
        skip_undo(participant=self.participant())
        return Response(status=204)


def _check(participant: Participant) -> dict:
    study = participant.study
    return {
        "at": try_done(participant) + 1,
        "of": study.qualification_items,
        "tries_failed": participant.n_tries,
        "tries": study.qualification_tries,
    }


def _refuse_off_scale(study: Study, asked: dict) -> None:
    """The service refuses it too, but as one refusal among others: here it is the request that is wrong."""
    try:
        answers_checked(study, Answers(asked.get("plausibility"), asked.get("typicality"), asked.get("preference")))
    except JudgingRefused as refusal:
        raise Unprocessable(str(refusal)) from refusal


def _comment(participant: Participant, judgment_id: int, asked: dict) -> None:
    if "comment" in asked:
        comment_save(participant=participant, judgment_id=judgment_id, comment=asked["comment"])
