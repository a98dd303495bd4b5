"""Which data set products and co-buys belong to: that of their first import, and of others that bring them too."""

from pathlib import Path

import pytest

from distillation.models import CatalogImport, CoBuy, CoBuyAgain, Product, ProductAgain
from tests.distillation.catalog.files import imported, item_2018, write_json

pytestmark = pytest.mark.django_db


@pytest.fixture
def first(tmp_path: Path) -> Path:
    return write_json(tmp_path / "first.json", item_2018("B01", also_buy=["B02", "B03"]), item_2018("B02"))


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """Brings B01 + B02 again, and with B03 two more."""
    items = [item_2018("B01", also_buy=["B02"]), item_2018("B02", also_buy=["B03"]), item_2018("B03")]
    return write_json(tmp_path / "second.json", *items)


def last() -> CatalogImport:
    return CatalogImport.objects.latest("pk")


def test_rows_belong_to_the_import_that_wrote_them(first: Path) -> None:
    imported(first)
    assert set(Product.objects.values_list("first_import", flat=True)) == {last().pk}
    assert CoBuy.objects.get().first_import == last()
    assert last().data_set == last()


def test_what_another_import_brings_again_belongs_to_both(first: Path, second: Path) -> None:
    imported(first)
    one = last()
    imported(second)
    assert list(ProductAgain.objects.values_list("data_set", "product__asin").order_by("product")) == [
        (last().pk, "B01"), (last().pk, "B02"),
    ]  # fmt: skip
    assert CoBuy.objects.get(first_import=last()).b.asin == "B03"
    again = CoBuyAgain.objects.get()
    assert (again.data_set, again.cobuy.first_import) == (last(), one)


def test_the_same_files_again_are_the_same_data_set(first: Path) -> None:
    imported(first)
    one = last()
    imported(first)
    assert (last().data_set, last() == one) == (one, False)
    assert not CoBuyAgain.objects.exists()
    assert not ProductAgain.objects.exists()


def test_what_the_same_files_find_later_belongs_to_their_data_set(first: Path, second: Path, tmp_path: Path) -> None:
    imported(first)
    one = last()
    imported(write_json(tmp_path / "b03.json", item_2018("B03")))
    imported(first)  # now B03 is known, so that B01 + B03 is a co-buy
    assert CoBuy.objects.get(first_import=last()).b.asin == "B03"
    assert last().data_set == one


def test_rows_from_before_imports_were_recorded_belong_to_who_brings_them_next(first: Path) -> None:
    imported(first)
    Product.objects.update(first_import=None)
    CoBuy.objects.update(first_import=None)
    CatalogImport.objects.update(data_set=None)
    imported(first)
    assert last().data_set == last()
    assert (ProductAgain.objects.count(), CoBuyAgain.objects.count()) == (2, 1)
