"""A catalog from the browser: choose files, look at what would come of them, start."""

from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import researcher_required
from accounts.requests import PersonRequest
from distillation.catalog.readers.formats import format_recognised
from distillation.catalog.readers.records import CatalogError
from distillation.models import Upload, Worker
from distillation.uploads.forms import ImportForm
from distillation.uploads.importing import import_start
from distillation.uploads.looking import looked_at
from distillation.uploads.services import KEPT_FOR, UploadRefused, upload_delete, upload_store

Part = Upload.Part
HINTS = {
    Part.PRODUCTS: "A CSV file, or Amazon's JSON lines; plain, .gz or .zst",
    Part.COBUYS: "A CSV file with the columns asin_a and asin_b. Amazon's files of 2014 and 2018 have them inside.",
    Part.PICTURES: "A ZIP. Files are called as in the column image, or as the ASIN: B0DEMO0001.jpg",
}


@csrf_exempt  # here only: the token is in the body, which is not read before it is known to be small
@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def import_new(request: PersonRequest) -> HttpResponse:
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.UPLOAD_FORM_BYTES:
        form = ImportForm({"images": "none"}, user=request.user)
        form.errors.clear()
        form.add_error(None, f"Together more than {settings.UPLOAD_FORM_BYTES:,} bytes: send them with JavaScript on.")
        return _chosen_anew(request, form, 413)
    return _import_new(request)


@csrf_protect
def _import_new(request: PersonRequest) -> HttpResponse:
    if request.method != "POST":
        return _chosen_anew(request, ImportForm(user=request.user))
    asked = {name: request.POST.get(name, "") for name in ("format", "images", *Part.values)}
    try:
        for part, file in request.FILES.items():
            if part in Part.values and isinstance(file, UploadedFile):
                asked[part] = str(upload_store(file=file, part=part, by=request.user).pk)
    except UploadRefused as error:
        form = ImportForm(asked, user=request.user)
        form.errors.pop(part, None)
        form.add_error(part, f"{str(error)[:1].upper()}{str(error)[1:]}")
        return _chosen_anew(request, form, 422)
    return redirect(f"{reverse('import-preview')}?{urlencode(asked)}")


@require_safe
@researcher_required
def import_preview(request: PersonRequest) -> HttpResponse:
    form = ImportForm(request.GET, user=request.user)
    if form.is_valid():
        try:
            return render(request, "catalog/import_preview.html", {"form": form, **looked_at(form)})
        except CatalogError as error:
            form.add_error(None, str(error))
    return _chosen_anew(request, form, 422)


@require_POST
@researcher_required
def import_begin(request: PersonRequest) -> HttpResponse:
    form = ImportForm(request.POST, user=request.user)
    if not form.is_valid():
        return _chosen_anew(request, form, 422)
    try:
        chosen = form.chosen_format or format_recognised(form.parts[Part.PRODUCTS].path)
        started = import_start(parts=form.parts, form=chosen, download=form.download, by=request.user)
    except (UploadRefused, CatalogError) as error:
        form.add_error(None, str(error))
        return _chosen_anew(request, form, 422)
    if not Worker.objects.alive().exists():
        messages.warning(request, "No worker is running now; the import begins when one does.")
    return redirect("import-detail", started.pk)


@require_POST
@researcher_required
def upload_remove(request: PersonRequest, upload_id: UUID) -> HttpResponse:
    try:
        upload_delete(upload=get_object_or_404(Upload.objects.of(request.user), pk=upload_id))
    except UploadRefused as error:
        messages.error(request, str(error))
    return redirect("import-new")


def _chosen_anew(request: PersonRequest, form: ImportForm, status: int = 200) -> HttpResponse:
    parts = [(form[part], HINTS[Part(part)], form.kept.get(part)) for part in Part.values]
    page = {
        "form": form,
        "parts": parts,
        "form_bytes": settings.UPLOAD_FORM_BYTES,
        "most": settings.UPLOAD_MAX_BYTES,
        "earlier": Upload.objects.of(request.user).select_related("catalog_import").order_by("created_at"),
        "kept_for": KEPT_FOR.days,
    }
    return render(request, "catalog/import_new.html", page, status=status)
