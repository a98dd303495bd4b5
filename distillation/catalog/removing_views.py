"""The page on which a data set is named, archived or deleted, and its files to take along before."""

import csv
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import researcher_required
from accounts.models import User
from accounts.requests import PersonRequest
from common.tidying import Tidying, tidying_answer
from distillation.catalog.removing import (
    data_set_archive,
    data_set_contents,
    data_set_delete,
    data_set_held,
    data_set_of,
    data_set_rename,
)
from distillation.catalog.selection import CatalogSelection
from distillation.models import CatalogImport, CoBuy, Product

STAYS = "What another data set brought too stays, and so do pictures, and products that runs have described."
FILES = {"products": ("asin", "title", "category", "price"), "cobuys": ("a__asin", "b__asin")}
HEADS = {"cobuys": ("asin_a", "asin_b")}


class Line:
    """What csv writes to: gives each line back."""

    def write(self, line: str) -> str:
        return line


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def import_tidy(request: PersonRequest, import_id: int) -> HttpResponse:
    return tidying_answer(request, _tidying(get_object_or_404(CatalogImport, pk=import_id), request.user))


@require_safe
@researcher_required
def import_csv(request: HttpRequest, import_id: int, what: str) -> StreamingHttpResponse:
    """As `import_catalog --format csv` reads it again; pictures are not in it."""
    lines = _lines(get_object_or_404(CatalogImport, pk=import_id), what)
    headers = {"Content-Disposition": content_disposition_header(True, f"import-{import_id}-{what}.csv")}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def _lines(row: CatalogImport, what: str) -> Iterator[str]:
    writer = csv.writer(Line())
    yield writer.writerow(HEADS.get(what, FILES[what]))
    rows = _products(row) if what == "products" else _cobuys(row)
    for each in rows.order_by("pk").values_list(*FILES[what]).iterator(chunk_size=5_000):
        yield writer.writerow(each)


def _cobuys(row: CatalogImport):
    return CoBuy.objects.filter(CatalogSelection(imports=(row.data_set_id or row.pk,)).q())


def _products(row: CatalogImport):
    own = data_set_of(row).values("pk")
    ends = [_cobuys(row).values(end) for end in ("a", "b")]
    return Product.objects.filter(first_import__in=own) | Product.objects.filter(pk__in=ends[0].union(ends[1]))


def _tidying(row: CatalogImport, by: User) -> Tidying:
    def rename(name: str) -> str:
        data_set_rename(data_set=row, name=name, by=by)
        return reverse("import-tidy", args=[row.pk])

    files = {"products": "its products as CSV", "cobuys": "its co-buys as CSV"}
    return Tidying(
        what="data set",
        name=row.title,
        page=reverse("import-detail", args=[row.pk]),
        all=reverse("import-list"),
        archived_at=row.archived_at,
        goes=data_set_contents(row),
        stays=STAYS,
        held=data_set_held(row),
        exports=[(reverse("import-csv", args=[row.pk, what]), words) for what, words in files.items()],
        rename=rename,
        archive=lambda on: data_set_archive(data_set=row, on=on, by=by),
        delete=lambda typed: data_set_delete(data_set=row, typed=typed, by=by),
    )
