from pathlib import Path

import pytest
from django.apps import apps
from pytest_django import Settings

from distillation.catalog.csvfiles import read_cobuys, read_products
from distillation.catalog.intake import catalog_import
from distillation.models import CoBuy, Product

SAMPLE = Path(apps.get_app_config("distillation").path) / "sample"


@pytest.mark.django_db
def test_the_sample_imports_whole_with_one_picture_missing_on_purpose(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    account = catalog_import(
        products=read_products(SAMPLE / "products.csv"),
        cobuys=read_cobuys(SAMPLE / "cobuys.csv"),
        images=SAMPLE / "img",
    )
    assert (account.products_new, account.cobuys_new) == (32, 44)
    assert (account.pictures_stored, account.pictures_missing, account.pictures_bad) == (31, 1, {})
    assert Product.objects.get(picture=None).picture_problem == "no file hdmi-cable.jpg in the picture folder"
    assert CoBuy.objects.with_pictures().count() == 42  # 44 less the cable's two


def test_every_product_of_the_sample_is_in_a_cobuy() -> None:
    products = {record.asin for record in read_products(SAMPLE / "products.csv")}
    paired = {asin for record in read_cobuys(SAMPLE / "cobuys.csv") for asin in (record.asin_a, record.asin_b)}
    assert products == paired


def test_titles_carry_entities_that_cleaning_decodes() -> None:
    assert "&amp;" in (SAMPLE / "products.csv").read_text()
    assert not [r for r in read_products(SAMPLE / "products.csv") if "&amp;" in r.title or "&quot;" in r.title]


def test_the_sample_stays_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) < 2_500_000
