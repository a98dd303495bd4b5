"""Imports of catalogs, for researchers."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from common.lists import ListForm
from distillation.catalog.import_page import SHOWN, group, import_rows, options_asked, progress_answer, progress_of
from distillation.catalog.intake.account import CatalogAccount, without_pictures
from distillation.catalog.missing import pictures_missing
from distillation.models import CatalogImport, UploadImport


@require_safe
@researcher_required
def import_list(request: HttpRequest) -> HttpResponse:
    form = ListForm(request.GET, states=CatalogImport.State.choices)
    chosen = form.chosen(CatalogImport.objects.all(), among=("name", "sources", "format"))[:SHOWN]
    others = [] if form.is_archive or form.is_cut else import_rows(UploadImport.objects.all())
    page = {"imports": chosen, "others": others, "form": form, "n_archived": CatalogImport.objects.archived().count()}
    return render(request, "catalog/imports.html", page, status=400 if form.problem else 200)


@require_safe
@researcher_required
def import_detail(request: HttpRequest, import_id: int) -> HttpResponse:
    row = get_object_or_404(CatalogImport, pk=import_id)
    context = {**_context(row), "options": options_asked(row), "missing": pictures_missing(row)}
    return render(request, "catalog/import.html", context)


@require_safe
@researcher_required
def import_progress(request: HttpRequest, import_id: int) -> HttpResponse:
    return progress_answer(request, _context(get_object_or_404(CatalogImport, pk=import_id)))


def _context(row: CatalogImport) -> dict:
    account = CatalogAccount(**row.account)
    warnings = [without_pictures(name) for name in row.account.get("files_without_pictures", [])]
    progress_url = reverse("import-progress", args=[row.pk])
    return {"import": row, "progress": progress_of(row, _groups(account), warnings), "progress_url": progress_url}


def _groups(account: CatalogAccount) -> list[dict]:
    lines = {"new": account.products_new, "updated": account.products_updated, "unchanged": account.products_unchanged}
    candidates = {"new": account.cobuys_new, "already there": account.cobuys_already_stored}
    pictures = {
        "stored": account.pictures_stored,
        "already there": account.pictures_already_stored,
        "to be fetched": account.pictures_wanted,
        "none given": account.pictures_missing,
    }
    return [
        group("Product lines", account.lines, lines, account.lines_left_out, "left out"),
        group("Co-buy candidates", account.candidates, candidates, account.candidates_left_out, "left out"),
        group("Pictures", account.pictures, pictures, account.pictures_bad, "bad"),
    ]
