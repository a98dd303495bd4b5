"""The pages of imported purchases: each account adds up."""

import pytest
from django.test import Client
from django.urls import reverse

from distillation.models import CatalogImport, PurchaseImport
from tests.distillation.purchases.files import FEBRUARY_28, account, of_2014, products, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def imported(tmp_path) -> PurchaseImport:
    """Of three lines one is of a product that is not in the catalog; two products of one buyer make a pair."""
    products("B1", "B2")
    lines = [of_2014("ann", asin, FEBRUARY_28) for asin in ("B1", "B2", "B404")]
    account(write(tmp_path / "r.json", *lines), window=0)
    return PurchaseImport.objects.get()


def test_the_account_stands_on_its_page(imported: PurchaseImport, as_researcher: Client) -> None:
    page = as_researcher.get(reverse("purchase-import-detail", args=[imported.pk]))
    assert [(group["label"], group["total"], dict(group["parts"])) for group in page.context["progress"]["groups"]] == [
        ("Lines", 3, {"with purchases": 3}),
        ("Purchases", 3, {"new": 2, "already there": 0, "left out: of a product that is not in the catalog": 1}),
        ("Pairs of one buyer", 1, {"new co-buys": 1, "already there": 0}),
    ]
    assert ("Window", 0) in page.context["options"]
    assert reverse("import-detail", args=[CatalogImport.objects.get().pk]) in page.content.decode()


def test_the_list_leads_to_it(imported: PurchaseImport, as_researcher: Client) -> None:
    html = as_researcher.get(reverse("purchase-import-list")).content.decode()
    assert reverse("purchase-import-detail", args=[imported.pk]) in html and "r.json" in html
    assert reverse("purchase-import-list") in as_researcher.get(reverse("import-list")).content.decode()


def test_what_is_polled_answers_once_it_has_changed(imported: PurchaseImport, as_researcher: Client) -> None:
    where = reverse("purchase-import-progress", args=[imported.pk])
    revision = as_researcher.get(where).context["progress"]["revision"]
    assert as_researcher.get(where, {"revision": revision}).status_code == 204
