import csv
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from pytest_django import Settings

from distillation.models import CoBuy, Product

SAMPLE = Path(apps.get_app_config("distillation").path) / "sample"


def rows(name: str) -> list[dict[str, str]]:
    with (SAMPLE / name).open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.django_db(transaction=True)
def test_the_sample_imports_whole_with_one_picture_missing_on_purpose(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    call_command(
        "import_catalog", SAMPLE / "products.csv", "--format", "csv",
        "--cobuys", SAMPLE / "cobuys.csv", "--images", SAMPLE / "img",
    )  # fmt: skip
    assert (Product.objects.count(), CoBuy.objects.count()) == (32, 44)
    assert Product.objects.get(picture=None).picture_problem == "no file hdmi-cable.jpg in the picture folder"
    assert CoBuy.objects.with_pictures().count() == 42  # 44 less the cable's two
    assert not Product.objects.filter(title__contains="&amp;").exists()  # as the file has it


def test_every_product_of_the_sample_is_in_a_cobuy() -> None:
    paired = {row[side] for row in rows("cobuys.csv") for side in ("asin_a", "asin_b")}
    assert {row["asin"] for row in rows("products.csv")} == paired


def test_some_titles_carry_entities_as_amazon_s_do() -> None:
    assert any("&amp;" in row["title"] for row in rows("products.csv"))


def test_the_sample_stays_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) < 2_500_000
