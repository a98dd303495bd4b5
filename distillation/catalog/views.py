"""The catalog, for researchers."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from common.keyset import KeysetForm, Page
from distillation.catalog import search as catalog_search
from distillation.catalog.intake.indexing import indexes_owed
from distillation.catalog.pictures.urls import picture_url, thumbnail_url
from distillation.catalog.search import COUNTED, CatalogSearch, SearchTooLong
from distillation.models import PictureSource, Product, RunProduct

PICTURE_WORDS = {"stored": "has a picture", "wanted": "picture wanted", "failed": "no picture"}
FEATURES = 20


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
