from pathlib import Path

import psycopg
import pytest
from django.db import connection
from PIL import Image
from pytest_django import Settings

from distillation.catalog.intake.account import CatalogAccount
from distillation.catalog.readers.records import CatalogError
from distillation.models import CatalogImport, CoBuy, Picture, PictureSource, Product
from tests.distillation.catalog import files as catalog_files
from tests.distillation.catalog.files import item_2018, write_json

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    return folder


def draw(path: Path, colour: str) -> None:
    Image.new("RGB", (90, 70), colour).save(path)


def imported(tmp_path: Path, products: str, cobuys: str = "", images: Path | None = None) -> CatalogAccount:
    (tmp_path / "products.csv").write_text(products)
    (tmp_path / "cobuys.csv").write_text("asin_a,asin_b\n" + cobuys)
    return catalog_files.imported(tmp_path / "products.csv", form="csv", cobuys=tmp_path / "cobuys.csv", images=images)


def test_products_and_cobuys(tmp_path: Path) -> None:
    account = imported(tmp_path, "asin,title,category\nB02,Cap &amp; Hat,Clothing\nB01,Radio,\n", "B01,B02\n")
    assert (account.products_new, account.cobuys_new) == (2, 1)
    assert list(Product.objects.order_by("id").values_list("asin", "title", "category", "picture_problem")) == [
        ("B02", "Cap & Hat", "Clothing", "no picture given"),
        ("B01", "Radio", "", "no picture given"),
    ]
    pair = CoBuy.objects.get()
    assert {pair.a.asin, pair.b.asin} == {"B01", "B02"}


def test_running_it_twice_changes_nothing(tmp_path: Path, images: Path) -> None:
    draw(images / "B01.png", "red")
    files = ("asin,title\nB01,Radio\nB02,Cap\n", "B01,B02\n", images)
    imported(tmp_path, *files)
    before = [list(model.objects.order_by("id").values()) for model in (Product, CoBuy, Picture)]
    account = imported(tmp_path, *files)
    assert [list(model.objects.order_by("id").values()) for model in (Product, CoBuy, Picture)] == before
    assert (account.products_unchanged, account.cobuys_already_stored, account.pictures_already_stored) == (2, 1, 1)


def test_known_products_are_updated_and_keep_what_the_file_leaves_out(tmp_path: Path, images: Path) -> None:
    draw(images / "B01.png", "red")
    imported(tmp_path, "asin,title,category\nB01,Radio,Audio\nB02,Cap,\n", images=images)
    account = imported(tmp_path, "asin,title\nB01,Radio FM\nB02,Cap\nB03,Hat\n")
    assert (account.products_new, account.products_updated, account.products_unchanged) == (1, 1, 1)
    radio = Product.objects.get(asin="B01")
    assert (radio.title, radio.category, radio.picture is not None, radio.picture_problem) == (
        "Radio FM", "Audio", True, "",
    )  # fmt: skip


def test_repeated_rows_and_pairs_in_both_directions_count_once(tmp_path: Path) -> None:
    account = imported(tmp_path, "asin,title\nB01,Radio\nB02,Cap\nB01,Radio\n", "B01,B02\nB02,B01\n")
    # 3 rows = 2 new + 1 repeated; 2 pairs = 1 new + 1 repeated
    assert (account.lines, account.products_new, account.lines_left_out) == (3, 2, {"repeated word for word": 1})
    assert (account.candidates, account.cobuys_new, account.candidates_left_out) == (2, 1, {"the same pair again": 1})


def test_an_asin_with_two_titles_is_refused_and_nothing_written(tmp_path: Path) -> None:
    with pytest.raises(CatalogError) as caught:
        imported(tmp_path, "asin,title\nB01,Radio\nB02,Cap\nB01,Red Radio\n")
    assert str(caught.value) == (
        'products.csv, line 4: B01 has the title "Red Radio", but on line 2 "Radio"; keep one of the two rows'
    )
    assert not Product.objects.exists()


def test_a_cobuy_of_an_unknown_asin_is_refused_and_nothing_written(tmp_path: Path) -> None:
    with pytest.raises(CatalogError) as caught:
        imported(tmp_path, "asin,title\nB01,Radio\nB02,Cap\n", "B01,B02\nB01,B09\n")
    assert str(caught.value) == (
        "cobuys.csv, line 3: B09 is neither in the product files nor in the database; add the product or remove the row"
    )
    assert not Product.objects.exists()


def test_a_cobuy_of_a_product_with_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"^cobuys.csv, line 3: B01 is paired with itself; remove the row$"):
        imported(tmp_path, "asin,title\nB01,Radio\nB02,Cap\n", "B01,B02\nB01,B01\n")


def test_a_refusal_is_kept_with_the_import_and_leaves_no_staging(tmp_path: Path) -> None:
    with pytest.raises(CatalogError):
        imported(tmp_path, "asin,title\nB01,\n")
    row = CatalogImport.objects.get()
    assert (row.state, row.message) == (
        "refused",
        "products.csv, line 2: the title is empty; fill it in or remove the row",
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'catalog_%'")
        assert cursor.fetchone()[0] == 0


def test_a_cobuy_may_name_a_product_of_an_earlier_import(tmp_path: Path) -> None:
    imported(tmp_path, "asin,title\nB01,Radio\n")
    assert imported(tmp_path, "asin,title\nB02,Cap\n", "B02,B01\n").cobuys_new == 1


def test_a_refused_line_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="line 3: the header has 2 cells, this row 1"):
        imported(tmp_path, "asin,title\nB01,Radio\nB02\n")
    assert not Product.objects.exists()
    assert imported(tmp_path, "asin,title\nB01,Radio\n").products_new == 1


def test_every_product_ends_with_a_picture_or_a_reason(tmp_path: Path, images: Path) -> None:
    draw(images / "B01.png", "red")
    draw(images / "named.webp", "red")
    (images / "B03.jpg").write_bytes(b"")
    (images / "B04.gif").write_text("moved")
    rows = "asin,title,image\nB01,a,\nB02,b,named.webp\nB03,c,\nB04,d,\nB05,e,\nB06,f,no.jpg\n"
    account = imported(tmp_path, rows, "B01,B02\nB01,B03\n", images)
    assert dict(Product.objects.filter(picture=None).values_list("asin", "picture_problem")) == {
        "B03": "empty file",
        "B04": "not a picture (text)",
        "B05": "no file B05 in the picture folder",
        "B06": "no file no.jpg in the picture folder",
    }
    assert (account.pictures_missing, account.pictures_bad) == (2, {"empty file": 1, "not a picture (text)": 1})
    # 6 products = stored + already there + 2 missing + 2 bad; of two co-buys one has both pictures
    assert account.pictures_stored + account.pictures_already_stored == 2
    assert account.cobuys_without_pictures == 1


def test_one_picture_may_serve_two_products(tmp_path: Path, images: Path) -> None:
    draw(images / "one.png", "red")
    account = imported(tmp_path, "asin,title,image\nB01,a,one.png\nB02,b,one.png\n", images=images)
    assert (account.pictures_stored, account.pictures_already_stored) == (1, 1)
    assert Picture.objects.get().products.count() == 2


@pytest.mark.parametrize("image", ["../secret.png", "/etc/passwd", "link.png"])
def test_no_picture_path_leaves_the_folder(tmp_path: Path, images: Path, image: str) -> None:
    draw(tmp_path / "secret.png", "red")
    (images / "link.png").symlink_to(tmp_path / "secret.png")
    imported(tmp_path, f"asin,title,image\nB01,a,{image}\n", images=images)
    assert Product.objects.get().picture_problem == "its path leads out of the picture folder"


def test_a_bad_picture_later_does_not_take_a_good_one_away(tmp_path: Path, images: Path) -> None:
    draw(images / "B01.png", "red")
    imported(tmp_path, "asin,title\nB01,a\n", images=images)
    (images / "B01.png").write_bytes(b"")
    account = imported(tmp_path, "asin,title\nB01,a\n", images=images)
    assert (account.products_unchanged, account.pictures_bad) == (1, {"empty file": 1})
    assert Product.objects.get().picture is not None


def test_two_imports_at_once_are_refused(tmp_path: Path) -> None:
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtext('catalog_import'))")
        with pytest.raises(CatalogError, match="another import into this database is running"):
            imported(tmp_path, "asin,title\nB01,Radio\n")


def test_every_line_and_candidate_is_accounted_for(tmp_path: Path) -> None:
    items = [
        item_2018("B01", also_buy=["B02", "B02", "B01", "B0 1", 7, "B09"], price="$5.00", category=["Audio"]),
        item_2018("B02", also_buy=["B01"], price=".css{}"),
        item_2018("B03", also_buy=["B01", "B02"], title='<span class="x">'),
        item_2018("B04", also_buy=["B01"]),
        item_2018("B04", also_buy=["B02"], title="Newer"),
        b"{",
    ]
    items.insert(5, items[1])
    account = catalog_files.imported(write_json(tmp_path / "meta.json.gz", *items))
    # 7 lines = 3 products + 1 markup + 1 replaced + 1 repeated + 1 not JSON
    assert (account.lines, account.products_new, account.prices_unreadable) == (7, 3, 2)
    assert account.lines_left_out == {
        "a title that is markup": 1, "replaced by a later line": 1, "repeated word for word": 1, "not JSON": 1,
    }  # fmt: skip
    # 6 + 1 + 2 + 1 + 1 + 1 = 12 candidates = 2 co-buys (B01 B02, B04 B02) + 10 left out
    assert (account.candidates, account.cobuys_new) == (12, 2)
    assert account.candidates_left_out == {
        "twice in one line": 1, "the product itself": 1, "no ASIN": 2, "of a product that is not known": 1,
        "of a line left out": 2, "of a line repeated or replaced": 2, "the same pair again": 1,
    }  # fmt: skip
    assert account.adds_up()


def test_of_conflicting_lines_the_last_wins_across_files(tmp_path: Path) -> None:
    first = write_json(tmp_path / "a.json", item_2018("B01", title="Old"), item_2018("B02"))
    second = write_json(tmp_path / "b.json", item_2018("B01", title="New", price="$1,234.56"))
    catalog_files.imported(first, second)
    assert list(Product.objects.order_by("id").values_list("asin", "title")) == [
        ("B02", "Title of B02"),
        ("B01", "New"),
    ]
    assert str(Product.objects.get(asin="B01").price) == "1234.56"


def test_a_field_with_signs_that_copy_escapes_arrives_as_it_is(tmp_path: Path) -> None:
    title, category = r"C:\new\t \N \. 100%", r"A\B"
    catalog_files.imported(write_json(tmp_path / "a.json", item_2018("B01", title=title, category=[category])))
    product = Product.objects.get()
    assert (product.title, product.category) == (title, category)


def test_2018_again_changes_nothing(tmp_path: Path) -> None:
    path = write_json(
        tmp_path / "a.json", *[item_2018(f"B0{n}", also_buy=["B01", "B02"], price="$2") for n in range(5)]
    )
    first = catalog_files.imported(path)
    before = [list(model.objects.order_by("id").values()) for model in (Product, CoBuy)]
    again = catalog_files.imported(path)
    assert [list(model.objects.order_by("id").values()) for model in (Product, CoBuy)] == before
    # 5 products and, of 10 candidates, 2 with themselves and 1 pair met twice: 7 co-buys
    assert (first.products_new, first.cobuys_new) == (again.products_unchanged, again.cobuys_already_stored) == (5, 7)
    assert CatalogImport.objects.filter(state="done").count() == 2


def test_2023_takes_its_cobuys_from_a_csv_and_leaves_out_what_does_not_fit(tmp_path: Path) -> None:
    items = [{"parent_asin": f"B0{n}", "title": "Cap", "images": []} for n in range(3)]
    (tmp_path / "c.csv").write_text("asin_a,asin_b\nB00,B01\nB01,B00\nB02,B02\nB00,B09\n")
    account = catalog_files.imported(
        write_json(tmp_path / "a.json", *items), form="amazon-2023", cobuys=tmp_path / "c.csv"
    )
    assert (account.candidates, account.cobuys_new) == (4, 1)
    assert account.candidates_left_out == {
        "the same pair again": 1, "the product itself": 1, "of a product that is not known": 1,
    }  # fmt: skip


def test_pictures_to_fetch_become_sources_once_for_each_address(tmp_path: Path) -> None:
    url = "https://a.example/1.jpg"
    items = [item_2018("B01", imageURL=[url]), item_2018("B02", imageURL=[url]), item_2018("B03")]
    account = catalog_files.imported(write_json(tmp_path / "a.json", *items), download=True)
    # 3 products = 2 to be fetched + 1 without
    assert (account.pictures_wanted, account.pictures_missing, account.pictures) == (2, 1, 3)
    source = PictureSource.objects.get()
    assert (source.url, source.state, source.products.count()) == (url, "wanted", 2)
    assert set(Product.objects.values_list("asin", "picture_problem")) == {
        ("B01", "not fetched yet"), ("B02", "not fetched yet"), ("B03", "no picture given"),
    }  # fmt: skip


def test_what_a_source_has_come_to_is_taken_over(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a.json", *[item_2018(f"B{n}", imageURL=[f"https://a.example/{n}"]) for n in range(2)])
    catalog_files.imported(path, download=True)
    PictureSource.objects.filter(url__endswith="1").update(state="failed", reason="empty file")
    Product.objects.all().delete()
    account = catalog_files.imported(path, download=True)
    assert (account.pictures_wanted, account.pictures_bad) == (1, {"empty file": 1})
    assert Product.objects.get(asin="B1").picture_problem == "empty file"


def test_a_stand_in_of_the_shop_counts_as_bad_and_not_as_wanted(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a.json", item_2018("B01", imageURL=["https://a.example/no-image.gif"]))
    account = catalog_files.imported(path, download=True)
    assert account.pictures_bad == {"a stand-in of the shop where it has no picture": 1}
    assert (account.pictures_wanted, account.adds_up(), PictureSource.objects.exists()) == (0, True, False)
    assert Product.objects.get().picture_problem == "a stand-in of the shop where it has no picture"


def test_a_file_that_names_no_picture_is_warned_of(tmp_path: Path) -> None:
    one = write_json(tmp_path / "one.json", item_2018("B01", imageURL=["https://a.example/1.jpg"]))
    none = write_json(tmp_path / "none.json", item_2018("B02"), item_2018("B03"))
    account = catalog_files.imported(one, none, download=True)
    assert account.files_without_pictures == ["none.json"]
    assert any(line.startswith("Warning: no picture came from none.json") for line in account.report())
    assert catalog_files.imported(one, none).files_without_pictures == []  # none was asked for


def test_a_file_without_a_picture_in_the_folder_is_warned_of(tmp_path: Path, images: Path) -> None:
    write_json(tmp_path / "a.json", item_2018("B01"))
    draw(images / "B01.png", "red")
    write_json(tmp_path / "b.json", item_2018("B02"))
    account = catalog_files.imported(tmp_path / "a.json", tmp_path / "b.json", images=images)
    assert account.files_without_pictures == ["b.json"]
