"""Runs: looked at, started, steered."""

from collections.abc import Callable

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from api.base.idempotency import idempotent
from api.base.views import ApiView, ListQuery, the_one
from api.models import Scope
from api.research.changes import DeleteSerializer, TidySerializer
from api.research.selection import SelectionSerializer, selection_taken
from common.kept import STRICTNESS
from distillation.models import Alarm, Run
from distillation.pipeline.filters import NOBODY, SAME, versions
from distillation.pipeline.prompts import PromptError, PromptSet
from distillation.prompts.stored import prompts_version
from distillation.runs.lifecycle import run_archive, run_delete, run_rename, run_unarchive
from distillation.runs.pages.forms import BACKEND_WORDS
from distillation.runs.reports import run_progress
from distillation.runs.servers import backend_check
from distillation.runs.services import (
    HOTTEST,
    MOST_SAMPLES,
    MOST_TOKENS,
    RunRefused,
    RunSettings,
    run_cancel,
    run_pause,
    run_resume,
    run_retry_failed,
    run_start,
)
from distillation.runs.wake import run_wake_or_say
from distillation.treatments.names import SHORT

SETTINGS = (
    *("relations", "limit", "samples", "with_images", "pictures", "with_titles", "with_features", "side_by_side"),
    *("temperature", "max_tokens", "filter", "filter_model", "filter_base_urls"),
)


class AlarmSerializer(serializers.ModelSerializer):
    class Meta:
        model = Alarm
        fields = ("kind", "share", "limit", "n", "what", "words", "since")
        read_only_fields = fields


class RunSerializer(serializers.ModelSerializer):
    config = serializers.DictField(read_only=True, help_text="fixed at the start")
    base_urls = serializers.ListField(child=serializers.CharField(), read_only=True)
    alarms = AlarmSerializer(many=True, read_only=True, help_text="those that are on")

    class Meta:
        model = Run
        fields = (
            "name", "state", "message", "backend", "model", "config", "base_urls", "strictness", "created_at",
            "finished_at", "archived_at", "alarms",
        )  # fmt: skip
        read_only_fields = fields


class StepSerializer(serializers.Serializer):
    name = serializers.CharField()
    done, failed, total, cached = (serializers.IntegerField() for _ in range(4))


class FailureGroupSerializer(serializers.Serializer):
    step, reason, example, help = (serializers.CharField(allow_blank=True) for _ in range(4))
    count = serializers.IntegerField()


class RunStatusSerializer(serializers.Serializer):
    """What was asked, what is done, what failed and what is owed: every unit is in one of them."""

    run, state, message = (serializers.CharField(allow_blank=True) for _ in range(3))
    cobuys, cobuys_without_pictures, units, owed, kept, unaccounted = (serializers.IntegerField() for _ in range(6))
    features, intentions, verdicts = (StepSerializer() for _ in range(3))
    failures = FailureGroupSerializer(many=True)
    seconds = serializers.FloatField()


class RunMovedSerializer(serializers.Serializer):
    run = RunSerializer()
    note = serializers.CharField(allow_blank=True, help_text="what stands in its way, if anything does")


class RunRetriedSerializer(RunMovedSerializer):
    asked_again = serializers.IntegerField(help_text="failures forgotten")


class NothingSerializer(serializers.Serializer):
    """No field: send an empty object, or nothing."""


class RetrySerializer(serializers.Serializer):
    reasons = serializers.ListField(
        child=serializers.CharField(max_length=40), default=list, help_text="of failures; none: all that may succeed"
    )


class NewRunSerializer(SelectionSerializer):
    name = serializers.RegexField(r"^[\w.-]{1,100}\Z")
    backend = serializers.ChoiceField(choices=list(BACKEND_WORDS.items()))
    base_urls = serializers.ListField(
        child=serializers.CharField(max_length=300), default=list, max_length=100, help_text="model servers"
    )
    model = serializers.CharField(default="", allow_blank=True, max_length=200, help_text="empty: the only one served")
    relations = serializers.CharField(default="mind", max_length=500, help_text="a preset, or codes with commas")
    samples = serializers.IntegerField(default=1, min_value=1, max_value=MOST_SAMPLES)
    limit = serializers.IntegerField(default=None, allow_null=True, min_value=1, max_value=2**31)
    with_images = serializers.BooleanField(default=True)
    pictures = serializers.ChoiceField(default="as-is", choices=list(SHORT), help_text="what is done to them first")
    with_titles, with_features = (serializers.BooleanField(default=True) for _ in range(2))
    side_by_side = serializers.BooleanField(
        default=False, help_text="a co-buy's two pictures on one canvas, for servers that take one picture"
    )
    temperature = serializers.FloatField(default=0.2, min_value=0, max_value=HOTTEST)
    max_tokens = serializers.IntegerField(default=512, min_value=16, max_value=MOST_TOKENS)
    prompts = serializers.RegexField(
        r"^[\w.-]{1,60}\Z", default="mind-1", help_text="a version that is shipped, or one written in the browser"
    )
    filter = serializers.ChoiceField(
        default=SAME, choices=[SAME, *versions(), NOBODY], help_text="how the filter is asked; none: it is not"
    )
    filter_model = serializers.CharField(default="", allow_blank=True, max_length=200, help_text="another that filters")
    filter_base_urls = serializers.ListField(
        child=serializers.CharField(max_length=300), default=list, max_length=100, help_text="where that one is"
    )
    strictness = serializers.FloatField(default=STRICTNESS, min_value=0, max_value=1)


class RunQuery(ListQuery):
    state = serializers.ChoiceField(required=False, choices=Run.State.choices)
    backend = serializers.CharField(required=False, max_length=30)


class RunView(ApiView):
    role = User.Role.RESEARCHER
    writes = Scope.RUNS_WRITE

    def run(self) -> Run:
        return the_one(Run.objects, name=self.kwargs["name"])


class Runs(RunView, ListAPIView):
    query = RunQuery
    serializer_class = RunSerializer
    refused_with = 422

    def get_queryset(self) -> QuerySet[Run]:
        runs = Run.objects.prefetch_related("alarms")
        return runs.filter(**{name: self.asked[name] for name in ("state", "backend") if name in self.asked})

    @extend_schema(request=NewRunSerializer, responses={200: RunMovedSerializer, 201: RunMovedSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Start a run; one that exists with these very settings goes on (200)."""
        run, new = _start(self.body(NewRunSerializer), self.me)
        return Response(_moved(run, run_wake_or_say(run)), status=201 if new else 200)


class RunDetail(RunView):
    also_answers = (409,)
    serializer_class = RunSerializer

    def get(self, request: Request, name: str) -> Response:
        return Response(RunSerializer(self.run()).data)

    @extend_schema(request=TidySerializer, responses=RunSerializer)
    @idempotent
    def patch(self, request: Request, name: str) -> Response:
        """Rename or archive it: all of it or nothing."""
        run, asked = self.run(), self.body(TidySerializer)
        with transaction.atomic():
            if "archived" in asked:
                (run_archive if asked["archived"] else run_unarchive)(run=run, by=self.me)
            if "name" in asked:
                run_rename(run=run, name=asked["name"], by=self.me)
        return Response(RunSerializer(Run.objects.get(pk=run.pk)).data)

    @extend_schema(request=DeleteSerializer, responses={204: None})
    def delete(self, request: Request, name: str) -> Response:
        """For good, with its intentions and verdicts; not before what rests on it."""
        run_delete(run=self.run(), typed=self.body(DeleteSerializer)["name"], by=self.me)
        return Response(status=204)


class RunStatus(RunView):
    serializer_class = RunStatusSerializer

    def get(self, request: Request, name: str) -> Response:
        """Every row is counted: for a run of millions this takes seconds."""
        return Response(RunStatusSerializer(run_progress(self.run()).as_dict()).data)


class RunRetry(RunView):
    @extend_schema(request=RetrySerializer, responses=RunRetriedSerializer)
    @idempotent
    def post(self, request: Request, name: str) -> Response:
        """Ask again for what failed."""
        run, asked = self.run(), self.body(RetrySerializer)
        n = run_retry_failed(run=run, reasons=asked["reasons"])
        return Response({**_moved(run, run_wake_or_say(run)), "asked_again": n})


class RunMove(RunView):
    """One of pause, resume, cancel."""

    move: Callable[[Run, User], str]

    @extend_schema(request=NothingSerializer, responses=RunMovedSerializer)
    @idempotent
    def post(self, request: Request, name: str) -> Response:
        run = self.run()
        return Response(_moved(run, type(self).move(run, self.me)))


def _pause(run: Run, by: User) -> str:
    run_pause(run=run, why=f"Paused by {by}.")
    return ""


def _cancel(run: Run, by: User) -> str:
    run_cancel(run=run, why=f"Cancelled by {by}.")
    return ""


def _resume(run: Run, by: User) -> str:
    run_resume(run=run)
    return run_wake_or_say(run)


class RunPause(RunMove):
    """Calls in flight end and are written; no new one is made."""

    move = staticmethod(_pause)


class RunResume(RunMove):
    move = staticmethod(_resume)


class RunCancel(RunMove):
    """What is done stays; only resume takes the rest up again."""

    move = staticmethod(_cancel)


def _moved(run: Run, note: str) -> dict:
    return {"run": RunSerializer(run).data, "note": note}


def _prompts(name: str) -> PromptSet:
    """No folder of the server's is read for a request."""
    try:
        return prompts_version(name)
    except PromptError as error:
        raise RunRefused(str(error)) from error


def _start(asked: dict, user: User) -> tuple[Run, bool]:
    settings = RunSettings.checked(
        **{name: asked[name] for name in SETTINGS}, prompts=_prompts(asked["prompts"]), catalog=selection_taken(asked)
    )
    backend = {name: asked[name] for name in ("backend", "base_urls")}
    checked = backend_check(model=asked["model"], config=settings.as_config(), **backend)
    return run_start(
        name=asked["name"],
        model=checked.model,
        servers=checked.servers,
        settings=settings,
        strictness=asked["strictness"],
        created_by=user,
        **backend,
    )
