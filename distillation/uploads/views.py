"""Files from the browser: chosen, and a catalog of some of them looked at and started."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import researcher_required
from accounts.requests import PersonRequest
from distillation.catalog.pictures.store import BadPicture, picture_encode
from distillation.catalog.readers.records import CatalogError
from distillation.models import Upload, Worker
from distillation.uploads.forms import OF_CATALOG, ImportForm
from distillation.uploads.importing import import_start
from distillation.uploads.looking import Chosen, looked_at
from distillation.uploads.services import KEPT_FOR, UploadRefused, upload_delete, upload_name, upload_store
from distillation.uploads.zips import picture_of

NO_WORKER = "No worker is running now; the import begins when one does."


@csrf_exempt  # here only: the token is in the body, which is not read before it is known to be small
@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def import_new(request: PersonRequest) -> HttpResponse:
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.UPLOAD_FORM_BYTES:
        why = f"Together more than {settings.UPLOAD_FORM_BYTES:,} bytes: send them with JavaScript on."
        return _files(request, [why], 413)
    return _import_new(request)


@csrf_protect
def _import_new(request: PersonRequest) -> HttpResponse:
    if request.method != "POST":
        return _files(request, [])
    problems = []
    for file in request.FILES.getlist("files"):
        try:
            if isinstance(file, UploadedFile):
                upload_store(file=file, by=request.user)
        except UploadRefused as error:
            problems.append(f"{str(error)[:1].upper()}{str(error)[1:]}.")
    if not request.FILES:
        problems.append("Choose a file.")
    return _files(request, problems, 422) if problems else redirect("import-new")


@require_safe
@researcher_required
def import_preview(request: PersonRequest) -> HttpResponse:
    form = ImportForm(request.GET, user=request.user)
    if not form.is_valid():
        return _files(request, [], 422, form)
    chosen = Chosen.of(form, request.GET)
    try:
        return _preview(request, chosen, looked_at(chosen))
    except CatalogError as error:
        form.add_error(None, str(error))
        return _preview(request, chosen, {}, 422)


@require_POST
@researcher_required
def import_begin(request: PersonRequest) -> HttpResponse:
    form = ImportForm(request.POST, user=request.user)
    if not form.is_valid():
        return _files(request, [], 422, form)
    chosen = Chosen.of(form, request.POST)
    try:
        started = import_start(parts=form.parts, request=chosen.request(), by=request.user)
    except (UploadRefused, CatalogError) as error:
        form.add_error(None, str(error))
        return _preview(request, chosen, {}, 422)
    if not Worker.objects.alive().exists():
        messages.warning(request, NO_WORKER)
    return redirect("import-detail", started.pk)


@require_POST
@researcher_required
def upload_part(request: PersonRequest, upload_id: UUID) -> HttpResponse:
    upload = get_object_or_404(Upload.objects.of(request.user), pk=upload_id)
    try:
        upload_name(upload=upload, part=request.POST.get("part", ""))
    except UploadRefused as error:
        messages.error(request, str(error))
    return _files(request, []) if request.htmx else redirect("import-new")


@require_POST
@researcher_required
def upload_remove(request: PersonRequest, upload_id: UUID) -> HttpResponse:
    try:
        upload_delete(upload=get_object_or_404(Upload.objects.of(request.user), pk=upload_id))
    except UploadRefused as error:
        messages.error(request, str(error))
    return _files(request, []) if request.htmx else redirect("import-new")


@require_safe
@researcher_required
def upload_picture(request: PersonRequest, upload_id: UUID, name: str) -> HttpResponse:
    """One of a ZIP's pictures, small and written anew, as the import would."""
    upload = get_object_or_404(Upload.objects.of(request.user).whole(), pk=upload_id)
    try:
        small = picture_encode(picture_of(upload.path, name)).thumbnail
    except (CatalogError, BadPicture) as error:
        raise Http404 from error
    headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(small, content_type="image/jpeg", headers=headers)


def _files(
    request: PersonRequest, problems: list[str], status: int = 200, form: ImportForm | None = None
) -> HttpResponse:
    uploads = Upload.objects.of(request.user).select_related("catalog_import", "upload_import")
    rows = list(uploads.order_by("created_at"))
    of_catalog = any(row.part in OF_CATALOG and row.is_free for row in rows)
    page: dict[str, Any] = {
        "form": form or (ImportForm(user=request.user) if of_catalog else None),
        "problems": problems,
        "uploads": rows,
        "catalog_parts": OF_CATALOG,
        "parts": Upload.Part.choices,
        "form_bytes": settings.UPLOAD_FORM_BYTES,
        "most": settings.UPLOAD_MAX_BYTES,
        "kept_for": KEPT_FOR.days,
    }
    return render(request, "catalog/_uploads.html" if request.htmx else "catalog/import_new.html", page, status=status)


def _preview(request: PersonRequest, chosen: Chosen, seen: dict[str, Any], status: int = 200) -> HttpResponse:
    page = {
        "form": chosen.form,
        "asked": chosen.asked,
        "tables": [(part, table) for part, table in chosen.tables.items() if table],
        "uploads": list(chosen.form.parts.values()),
        **seen,
    }
    return render(request, "catalog/import_preview.html", page, status=status)
