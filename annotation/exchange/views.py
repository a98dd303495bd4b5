"""A study's judgments for download, and what was downloaded before."""

from collections.abc import Callable, Iterator

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from accounts.models import Deed
from accounts.requests import PersonRequest
from accounts.trail import deed_record
from annotation.exchange.exports.demographics import demographics_csv
from annotation.exchange.exports.options import FORMATS
from annotation.exchange.exports.recording import configuration, export_start, has_configuration, manifest
from annotation.exchange.exports.skips import skips_csv
from annotation.exchange.forms import ExportForm
from annotation.models import ExportRecord, Study

SHOWN = 50


@require_safe
@researcher_required
def study_exports(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study, pk=study_id)
    form = ExportForm(study, initial={"format": "csv", "rows": "judgments", "excel": "", **request.GET.dict()})
    return _page(request, study, form)


@require_safe
@researcher_required
def study_export(request: PersonRequest, study_id: int) -> HttpResponseBase:
    study = get_object_or_404(Study, pk=study_id)
    form = ExportForm(study, request.GET)
    if not form.is_valid():
        return _page(request, study, form, status=400)
    record, pieces = export_start(study=study, options=form.options, by=request.user)
    described = reverse("study-export-manifest", args=[study.pk, record.pk])
    form_of_file = FORMATS[record.format]
    name = f"{slugify(study.name) or study.pk}-judgments.{form_of_file.suffix}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Link": f'<{described}>; rel="describedby"; type="application/json"',
    }
    return StreamingHttpResponse(pieces, content_type=form_of_file.media_type, headers=headers)


@require_safe
@researcher_required
def study_skips(request: PersonRequest, study_id: int) -> HttpResponseBase:
    return _csv(request, study_id, "skips", skips_csv)


@require_safe
@researcher_required
def study_demographics(request: PersonRequest, study_id: int) -> HttpResponseBase:
    """What annotators said of themselves."""
    return _csv(request, study_id, "demographics", demographics_csv)


def _csv(
    request: PersonRequest, study_id: int, what: str, made: Callable[[Study], Iterator[bytes]]
) -> HttpResponseBase:
    study = get_object_or_404(Study, pk=study_id)
    name = f"{slugify(study.name) or study.pk}-{what}.csv"
    deed_record(kind=Deed.Kind.EXPORT, by=request.user, about=study.name, what=what, format="csv")
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(made(study), content_type="text/csv; charset=utf-8", headers=headers)


@require_safe
@researcher_required
def export_manifest(request: HttpRequest, study_id: int, export_id: int) -> HttpResponse:
    record = get_object_or_404(ExportRecord.objects.select_related("study"), pk=export_id, study=study_id)
    return JsonResponse(manifest(record), json_dumps_params={"indent": 2, "ensure_ascii": False})


@require_safe
@researcher_required
def export_configuration(request: HttpRequest, study_id: int, export_id: int) -> HttpResponse:
    record = get_object_or_404(ExportRecord.objects.select_related("study"), pk=export_id, study=study_id)
    if not has_configuration(record):
        raise Http404
    name = f"{slugify(record.study.name) or study_id}-judgments-config.xml"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(configuration(record), content_type="text/xml; charset=utf-8", headers=headers)


def _page(request: HttpRequest, study: Study, form: ExportForm, status: int = 200) -> HttpResponse:
    exports = study.exports.select_related("created_by").order_by("-pk")[:SHOWN]
    return render(request, "studies/exports.html", {"study": study, "form": form, "exports": exports}, status=status)
