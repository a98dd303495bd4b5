"""The catalog and its imports, for researchers."""

import hashlib
import json

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from common.keyset import KeysetForm, Page
from common.words import duration
from distillation.catalog import search as catalog_search
from distillation.catalog.intake.account import CatalogAccount, without_pictures
from distillation.catalog.intake.indexing import indexes_owed
from distillation.catalog.missing import pictures_missing
from distillation.catalog.pictures.urls import picture_url, thumbnail_url
from distillation.catalog.search import COUNTED, CatalogSearch, SearchTooLong
from distillation.models import CatalogImport, PictureSource, Product, RunProduct

PICTURE_WORDS = {"stored": "has a picture", "wanted": "picture wanted", "failed": "no picture"}
FEATURES = 20
IMPORTS = 100


class CatalogForm(KeysetForm):
    q = forms.CharField(required=False, max_length=200)
    category = forms.CharField(required=False, max_length=200)
    picture = forms.ChoiceField(required=False, choices=[("", "with or without"), *PICTURE_WORDS.items()])


@require_safe
@researcher_required
def catalog(request: HttpRequest) -> HttpResponse:
    form = CatalogForm(request.GET)
    context = {"form": form, "categories": catalog_search.category_names()}
    if not form.is_valid():
        return render(request, "catalog/list.html", {**context, "problem": form.problem}, status=400)
    asked = form.cleaned_data
    search = CatalogSearch.of(asked["q"], category=asked["category"], picture=asked["picture"])
    try:
        page, count, sense = search.find(form.keyset)
    except SearchTooLong:
        return render(request, "catalog/list.html", {**context, "problem": _too_long()}, status=503)
    found = {
        "search": search,
        "page": page,
        "products": _rows(page),
        "count": count,
        "count_text": f"{sense} {count:,} product{'' if count == 1 else 's'}".strip(),
        "picture_words": PICTURE_WORDS.get(search.picture),
    }
    return render(request, "catalog/list.html", {**context, **found})


@require_safe
@researcher_required
def product(request: HttpRequest, asin: str) -> HttpResponse:
    shown = get_object_or_404(Product.objects.select_related("picture", "picture_source"), asin=asin)
    context = {"product": shown, "row": _row(shown), "picture_url": picture_url(shown.picture)}
    form = KeysetForm(request.GET)
    if not form.is_valid():
        return render(request, "catalog/product.html", {**context, "problem": form.problem}, status=400)
    page = catalog_search.cobuys_page(shown, form.keyset)
    count = catalog_search.cobuys_count(shown)
    found = {"page": page, "products": _rows(page), "count": count, "counted": COUNTED, "features": _features(shown)}
    return render(request, "catalog/product.html", {**context, **found})


@require_safe
@researcher_required
def import_list(request: HttpRequest) -> HttpResponse:
    rows = CatalogImport.objects.order_by("-pk")[:IMPORTS]
    return render(request, "catalog/imports.html", {"imports": [{"row": row, "files": _files(row)} for row in rows]})


@require_safe
@researcher_required
def import_detail(request: HttpRequest, import_id: int) -> HttpResponse:
    row = get_object_or_404(CatalogImport, pk=import_id)
    context = {"import": row, "progress": _progress(row), "options": _options(row), "missing": pictures_missing(row)}
    return render(request, "catalog/import.html", context)


@require_safe
@researcher_required
def import_progress(request: HttpRequest, import_id: int) -> HttpResponse:
    """Polled by the page; a 204 leaves it as it is."""
    row = get_object_or_404(CatalogImport, pk=import_id)
    progress = _progress(row)
    if request.GET.get("revision") == progress["revision"]:
        return HttpResponse(status=204)
    return render(request, "catalog/_import_progress.html", {"import": row, "progress": progress})


def _too_long() -> str:
    if indexes_owed():
        return "This search takes too long while the indexes of a large import are being made: try again in a minute."
    return "This search takes too long: leave out the quotation marks, or add a word that fewer titles have."


def _rows(page: Page) -> list[dict]:
    return [_row(product) for product in catalog_search.products_of(page)]


def _row(product: Product) -> dict:
    source = product.picture_source
    wanted = source if source is not None and source.state == PictureSource.State.WANTED else None
    state = "stored" if product.picture else "wanted" if wanted else "failed"
    last_try = f"last try: {wanted.reason}" if wanted and wanted.reason else ""
    return {
        "asin": product.asin,
        "title": product.title,
        "category": product.category,
        "url": reverse("product", args=[product.asin]),
        "thumbnail": thumbnail_url(product.picture),
        "state": state,
        "state_words": PICTURE_WORDS[state],
        "reason": {"stored": "", "wanted": last_try, "failed": product.picture_problem}[state],
    }


def _features(product: Product) -> list[dict]:
    features = list(product.features.order_by("-pk")[:FEATURES])
    used = RunProduct.objects.filter(product=product, feature__in=features).select_related("run").order_by("run__name")
    runs = [(taken.feature_id, taken.run) for taken in used]
    return [
        {"text": feature.text, "made": feature.created_at, "runs": [run for pk, run in runs if pk == feature.pk]}
        for feature in features
    ]


def _files(row: CatalogImport) -> str:
    return ", ".join(source["name"] for source in row.sources)


def _options(row: CatalogImport) -> list[tuple[str, str]]:
    chosen = {name: value for name, value in row.options.items() if value not in ("", None, False)}
    return [(name.replace("_", " ").capitalize(), "yes" if value is True else value) for name, value in chosen.items()]


def _progress(row: CatalogImport) -> dict:
    state = [row.state, row.message, row.progress, row.account]
    return {
        "revision": hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16],
        "is_ended": row.state in (CatalogImport.State.DONE, CatalogImport.State.REFUSED),
        "where": _where(row),
        "took": duration((row.finished_at - row.created_at).total_seconds()) if row.finished_at else "",
        "warnings": [without_pictures(name) for name in row.account.get("files_without_pictures", [])],
        "groups": [group for group in _groups(CatalogAccount(**row.account)) if group["total"]],
    }


def _where(row: CatalogImport) -> str:
    """How far a file that is being read has been read."""
    n, line = row.progress.get("file", 0), row.progress.get("line", 0)
    if row.state != CatalogImport.State.READING or n >= len(row.sources):
        return ""
    return f"{row.sources[n]['name']} (file {n + 1} of {len(row.sources)}), line {line:,}"


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
        _group("Product lines", account.lines, lines, account.lines_left_out, "left out"),
        _group("Co-buy candidates", account.candidates, candidates, account.candidates_left_out, "left out"),
        _group("Pictures", account.pictures, pictures, account.pictures_bad, "bad"),
    ]


def _group(label: str, total: int, parts: dict[str, int], reasons: dict[str, int], word: str) -> dict:
    """The parts add up to the total; what an unfinished import has read and not yet written is a part of its own."""
    rows = [
        *parts.items(),
        *((f"{word}: {reason}", n) for reason, n in sorted(reasons.items(), key=lambda one: -one[1])),
    ]
    rest = total - sum(n for _, n in rows)
    return {"label": label, "total": total, "parts": [*rows, *([("not written yet", rest)] if rest else [])]}
