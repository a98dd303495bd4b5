"""Imports of purchases, for researchers."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from distillation.catalog.import_page import group, import_rows, options_asked, progress_answer, progress_of
from distillation.models import PurchaseImport
from distillation.purchases.account import PurchaseAccount


@require_safe
@researcher_required
def purchase_import_list(request: HttpRequest) -> HttpResponse:
    return render(request, "catalog/purchase_imports.html", {"imports": import_rows(PurchaseImport.objects.all())})


@require_safe
@researcher_required
def purchase_import_detail(request: HttpRequest, import_id: int) -> HttpResponse:
    row = get_object_or_404(PurchaseImport, pk=import_id)
    return render(request, "catalog/purchase_import.html", {**_context(row), "options": options_asked(row)})


@require_safe
@researcher_required
def purchase_import_progress(request: HttpRequest, import_id: int) -> HttpResponse:
    return progress_answer(request, _context(get_object_or_404(PurchaseImport, pk=import_id)))


def _context(row: PurchaseImport) -> dict:
    account = PurchaseAccount(**row.account)
    progress_url = reverse("purchase-import-progress", args=[row.pk])
    progress = progress_of(row, account_groups(account), _warnings(account))
    return {"import": row, "progress": progress, "progress_url": progress_url, "data_set": account.data_set}


def account_groups(account: PurchaseAccount) -> list[dict]:
    purchases = {"new": account.purchases_new, "already there": account.purchases_already_stored}
    pairs = {"new co-buys": account.cobuys_new, "already there": account.cobuys_already_stored}
    lines = {"with purchases": account.lines_read}
    return [
        group("Lines", account.lines, lines, account.lines_left_out, "left out"),
        group("Purchases", account.purchases, purchases, account.purchases_left_out, "left out"),
        group("Pairs of one buyer", account.pairs, pairs, account.pairs_left_out, "left out"),
    ]


def _warnings(account: PurchaseAccount) -> list[str]:
    if not account.buyers_left_out:
        return []
    return [
        f"{account.buyers_left_out:,} buyers made no co-buys: they have more purchases than a person makes "
        "(--max-per-buyer)."
    ]
