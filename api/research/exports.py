"""Judgments and intentions as files: streamed by the database, with the choices that the pages and commands have."""

from dataclasses import replace
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.urls import reverse
from django.utils.text import slugify
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from annotation.exchange.exports.options import FORMATS, Options, imports_chosen
from annotation.exchange.exports.recording import export_start, manifest
from annotation.models import ExportRecord, Study
from annotation.selection import Selection
from api.base.problems import BadQuery
from api.base.views import Query, the_one
from api.models import Scope
from api.research.runs import RunView
from api.research.selection import SelectionQuery, selection_of_query, versions_asked, versions_field
from api.research.studies import StudyView
from common.copying import EXCEL, refuse_unfit_for_excel
from common.refusals import ExportRefused
from distillation.models import Run
from distillation.pipeline.relations import RELATIONS
from knowledge.export_views import intentions_answer
from knowledge.exports.selection import HUMAN
from knowledge.exports.selection import Selection as Intentions
from knowledge.exports.streaming import STREAMED, refuse_empty

MANIFEST = OpenApiParameter(
    "Link", str, OpenApiParameter.HEADER, response=[200], description='rel="describedby": where the manifest is'
)


def _renderer(media_type: str) -> type[BaseRenderer]:
    """For the schema only; the database writes the answer."""
    plain = media_type.partition(";")[0]
    return type("FileRenderer", (BaseRenderer,), {"media_type": plain, "format": plain})


class JudgmentsQuery(Query):
    format = serializers.ChoiceField(default="csv", choices=[(name, each.words) for name, each in FORMATS.items()])
    rows = serializers.ChoiceField(
        default="judgments",
        choices=["judgments", "revisions"],
        help_text="revisions: a row for each time that ratings were given",
    )
    machine = serializers.BooleanField(
        default=False, help_text="CSV cells as they are, also what a spreadsheet would run"
    )
    excel = serializers.ChoiceField(
        default="", choices=["", *EXCEL], help_text="CSV that Excel knows for UTF-8; semicolon: with commas in numbers"
    )
    relation = serializers.ChoiceField(required=False, choices=list(RELATIONS))
    category = serializers.CharField(required=False, max_length=200)
    run = serializers.CharField(required=False, max_length=100, help_text="its name")
    group = serializers.CharField(required=False, max_length=150, help_text="of annotators, its name")
    since = serializers.DateField(required=False, help_text="the day is within")
    until = serializers.DateField(required=False, help_text="the day is within")
    version = versions_field()
    imports = serializers.CharField(default="", max_length=1_000, help_text="on co-buys of these; numbers with commas")
    with_seen = serializers.BooleanField(
        default=False, help_text="let the column counts count people too who had seen verdicts"
    )
    with_excluded = serializers.BooleanField(
        default=False, help_text="let the column counts count excluded annotators too"
    )

    def validate(self, asked: dict) -> dict:
        if "since" in asked and "until" in asked and asked["until"] < asked["since"]:
            raise serializers.ValidationError({"until": "It is before since; exchange the two"})
        return asked


class SoftwareSerializer(serializers.Serializer):
    name, version = serializers.CharField(), serializers.CharField()


class ExportedStudySerializer(serializers.Serializer):
    name = serializers.CharField()
    protocol_version, overlap, items = (serializers.IntegerField() for _ in range(3))
    questions = serializers.JSONField(help_text="the scales as they were asked at the time of the export")


class ManifestSerializer(serializers.Serializer):
    """What a file of judgments is."""

    software = SoftwareSerializer()
    study = ExportedStudySerializer()
    format, rows = serializers.CharField(), serializers.CharField()
    machine = serializers.BooleanField()
    excel = serializers.CharField(allow_blank=True, required=False)
    labelling_configuration = serializers.CharField(required=False, help_text="XML, of Label Studio's format only")
    filters = serializers.DictField()
    snapshot = serializers.DateTimeField(allow_null=True, help_text="the moment that all rows are of")
    complete = serializers.BooleanField(help_text="false while the file is on its way, and if its reader went away")
    row_count = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField(allow_blank=True)


class StudyExport(StudyView):
    reads = Scope.EXPORT
    query = JudgmentsQuery
    renderer_classes = tuple(_renderer(each.media_type) for each in FORMATS.values())

    @extend_schema(
        parameters=[MANIFEST],
        responses={
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/jsonl"): OpenApiTypes.STR,
            (200, "application/vnd.apache.parquet"): OpenApiTypes.BINARY,
            (200, "application/json"): {"type": "array", "items": {"type": "object"}},
        },
    )
    def get(self, request: Request, study_id: int) -> StreamingHttpResponse:
        """Judgments in a format of your choice; annotators are pseudonyms."""
        study = self.study()
        try:
            options = _options(study, self.asked)
            options.refuse_unfit(study)
        except ExportRefused as refusal:
            raise _refused(refusal) from refusal
        return _judgments(study, options, self.me)


class StudyJudgments(StudyView):
    reads = Scope.EXPORT
    renderer_classes = (_renderer(FORMATS["csv"].media_type),)

    @extend_schema(parameters=[MANIFEST], responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, study_id: int) -> StreamingHttpResponse:
        """All judgments, one row each."""
        return _judgments(self.study(), Options(), self.me)


class ExportManifest(StudyView):
    reads = Scope.EXPORT

    @extend_schema(responses=ManifestSerializer)
    def get(self, request: Request, study_id: int, export_id: int) -> Response:
        """Complete when the whole file was sent: snapshot, rows, SHA-256, filters, versions."""
        return Response(manifest(the_one(self.study().exports.select_related("study"), pk=export_id)))


class IntentionsQuery(SelectionQuery):
    kept = serializers.BooleanField(default=False, help_text="only what the filter kept")
    threshold = serializers.FloatField(
        required=False, min_value=0, max_value=1, help_text="kept from this p_yes on (the run's strictness)"
    )
    relation = serializers.CharField(default="", max_length=500, help_text="codes with commas, or a preset")
    human = serializers.ChoiceField(required=False, choices=HUMAN, help_text="as most people found, or judged at all")


class IntentionsCsvQuery(IntentionsQuery):
    machine = serializers.BooleanField(default=False, help_text="cells as they are, also what a spreadsheet would run")
    excel = serializers.ChoiceField(
        default="", choices=["", *EXCEL], help_text="CSV that Excel knows for UTF-8; semicolon: with commas in numbers"
    )


class RunIntentions(RunView):
    reads = Scope.EXPORT

    def answer(self, form: str) -> StreamingHttpResponse:
        asked = {**self.asked}
        raw, excel, catalog = asked.pop("machine", False), asked.pop("excel", ""), selection_of_query(asked)
        try:
            refuse_unfit_for_excel(excel, form=form, raw=raw)
            selection = Intentions.checked(run=self.run().name, catalog=catalog, **asked)
            refuse_empty(selection)
        except ExportRefused as refusal:
            raise _refused(refusal) from refusal
        return intentions_answer(selection, form, by=self.me, raw=raw, excel=excel)


class RunIntentionsLines(RunIntentions):
    query = IntentionsQuery
    renderer_classes = (_renderer(STREAMED["jsonl"].media_type),)

    @extend_schema(responses={(200, "application/jsonl"): OpenApiTypes.STR})
    def get(self, request: Request, name: str) -> StreamingHttpResponse:
        """The run's intentions with titles, verdict and people's label, an object on each line."""
        return self.answer("jsonl")


class RunIntentionsCsv(RunIntentions):
    query = IntentionsCsvQuery
    renderer_classes = (_renderer(STREAMED["csv"].media_type),)

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, name: str) -> StreamingHttpResponse:
        """The run's intentions with titles, verdict and people's label, one row each."""
        return self.answer("csv")


def _judgments(study: Study, options: Options, by: User) -> StreamingHttpResponse:
    record, pieces = export_start(study=study, options=options, by=by)
    form = FORMATS[record.format]
    headers = {
        "Content-Disposition": f'attachment; filename="{slugify(study.name) or study.pk}-judgments.{form.suffix}"',
        "Link": f'<{_manifest_address(record)}>; rel="describedby"; type="application/json"',
    }
    return StreamingHttpResponse(pieces, content_type=form.media_type, headers=headers)


def _manifest_address(record: ExportRecord) -> str:
    return reverse("api:study-export-manifest", args=[record.study_id, record.pk])


def _options(study: Study, asked: dict) -> Options:
    among: dict[str, QuerySet[Run] | QuerySet[Group]] = {"run": study.runs.all(), "group": Group.objects.all()}
    named: dict[str, Any] = {name: _key(rows, name, asked[name]) for name, rows in among.items() if name in asked}
    filters = ("relation", "category", "since", "until", "with_excluded", "with_seen")
    named["version"] = versions_asked(study, asked["version"])
    selection = Selection(**{name: asked[name] for name in filters if name in asked}, **named)
    selection = replace(selection, imports=imports_chosen(asked["imports"]))
    return Options(
        format=asked["format"],
        revisions=asked["rows"] == "revisions",
        machine=asked["machine"],
        excel=asked["excel"],
        selection=selection,
    )


def _key(rows: QuerySet[Run] | QuerySet[Group], parameter: str, name: str) -> int:
    found = rows.filter(name=name).first()
    if found is None:
        raise BadQuery({parameter: [f"There is no {parameter} named {name} for this study"]})
    return found.pk


def _refused(refusal: ExportRefused) -> BadQuery:
    return BadQuery({"non_field_errors": [str(refusal)]})
