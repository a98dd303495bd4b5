"""A file that is no part of a catalog: looked at, started, and what became of it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import researcher_required
from accounts.requests import PersonRequest
from distillation.catalog.import_page import options_asked, progress_answer, progress_of
from distillation.catalog.readers.records import CatalogError
from distillation.models import Upload, UploadImport, Worker
from distillation.uploads.bringing import bring_start
from distillation.uploads.columns import columns_form
from distillation.uploads.kinds import LINES, Asked, Kind, KindForm, Looked, kinds
from distillation.uploads.services import UploadRefused
from distillation.uploads.views import NO_WORKER


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def upload_look(request: PersonRequest, upload_id: UUID) -> HttpResponse:
    """GET looks at it as the form asks, POST starts the import."""
    upload = get_object_or_404(Upload.objects.of(request.user).whole().filter(part__in=kinds()), pk=upload_id)
    kind, is_start = kinds()[upload.part], request.method == "POST"
    data = request.POST if is_start else request.GET
    form = _form(kind, data, is_start)
    table = columns_form(upload.path, {name: name for name in kind.columns}, data, "column")
    asked = Asked(upload.path, form.about, form.options, table.names if table else {})
    looked, problem = _looked(kind, asked)
    if is_start and form.is_valid() and not problem:
        try:
            return _started(request, bring_start(upload=upload, asked=asked, by=request.user))
        except UploadRefused as error:
            problem = str(error)
    page = {"upload": upload, "form": form, "table": table, "looked": looked, "problem": problem, "lines": LINES}
    status = 422 if problem or (is_start and form.errors) else 200
    return render(request, "catalog/upload_look.html", page, status=status)


def _form(kind: Kind, data: Mapping[str, Any], is_start: bool) -> KindForm:
    """Of one that is not filled in yet, with what it proposes; only a start must name what the file becomes."""
    proposed = {name: field.initial for name, field in kind.form.base_fields.items() if field.initial is not None}
    form = kind.form(data or proposed)
    form.full_clean()
    if not is_start:
        form.errors.pop(form.about_field, None)
    return form


def _looked(kind: Kind, asked: Asked) -> tuple[Looked | None, str]:
    try:
        return kind.look(asked), ""
    except CatalogError as error:
        return None, str(error)


def _started(request: PersonRequest, row: UploadImport) -> HttpResponse:
    if not Worker.objects.alive().exists():
        messages.warning(request, NO_WORKER)
    return redirect("upload-import", row.pk)


@require_safe
@researcher_required
def upload_import(request: HttpRequest, import_id: int) -> HttpResponse:
    row = get_object_or_404(UploadImport.objects.select_related("created_by"), pk=import_id)
    return render(request, "catalog/upload_import.html", {**_context(row), "options": options_asked(row)})


@require_safe
@researcher_required
def upload_import_progress(request: HttpRequest, import_id: int) -> HttpResponse:
    return progress_answer(request, _context(get_object_or_404(UploadImport, pk=import_id)))


def _context(row: UploadImport) -> dict[str, Any]:
    kind = kinds()[row.format]
    progress = progress_of(row, kind.groups(row.account) if row.account else [], [])
    where = reverse("upload-import-progress", args=[row.pk])
    return {
        "import": row, "progress": progress, "progress_url": where, "kind": Upload.Part(row.format).label,
        "leads_to": kind.leads_to(row) if row.state == row.State.DONE else "", "data_set": row.account.get("data_set"),
    }  # fmt: skip
