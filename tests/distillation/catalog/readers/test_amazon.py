from pathlib import Path

import pytest

from distillation.catalog.readers.formats import FORMATS
from distillation.catalog.readers.records import START, LeftOut, ProductRecord
from tests.distillation.catalog.files import item_2018, write_json


def read(form: str, path: Path, *items: dict | bytes) -> list[ProductRecord | LeftOut]:
    chunks = FORMATS[form].read(write_json(path / "meta.json", *items), START)
    return [found for chunk in chunks for _, found in chunk.found]


def record_2018(path: Path, **values: object) -> ProductRecord:
    return read("amazon-2018", path, item_2018("B000000001", **values))[0]


def test_2014_is_a_python_literal(tmp_path: Path) -> None:
    line = (
        b"{'asin': '0000143561', 'title': \"Mum's Radio\", 'price': 12.99, 'imUrl': 'http://a.example/x.jpg', "
        b"'salesRank': {}, 'related': {'also_bought': ['B000000001'], 'also_viewed': ['B000000002']}, "
        b"'categories': [['Electronics', 'Radios'], ['Gifts']]}"
    )
    (found,) = read("amazon-2014", tmp_path, line)
    assert found[:5] == ("0000143561", "Mum's Radio", "Electronics", "12.99", "http://a.example/x.jpg")
    assert (found.categories, found.candidates) == (["Electronics", "Radios", "Gifts"], ["B000000001"])


def test_2014_every_key_but_the_asin_may_be_absent(tmp_path: Path) -> None:
    assert read("amazon-2014", tmp_path, b"{'asin': 'B000000001'}") == [LeftOut("no title")]
    assert read("amazon-2014", tmp_path, b"{'asin': 'B000000001', 'title': 'Cap'}")[0][:5] == (
        "B000000001", "Cap", "", "", "",
    )  # fmt: skip


def test_2014_code_is_never_run(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    line = f"__import__('os').mkdir('{trap}')".encode()
    inside = b"{'asin': 'B000000001', 'title': " + line + b"}"
    assert read("amazon-2014", tmp_path, line, inside) == [LeftOut("a literal that is code")] * 2
    assert not trap.exists()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "a blank line"),
        (b"{'asin': ", "not a Python literal"),
        (b"{'asin': 'B0\x0001'}", "a NUL byte"),
        (b"{'asin': '\xff'}", "not UTF-8"),
        (b"['B000000001']", "not a dict"),
        (b"-" * 900_000 + b"1", "a literal that cannot be built"),
        (b"[" * 900_000, "not a Python literal"),
        (b"x" * 20_000_000, "a line of more than 1,000,000 bytes"),
    ],
)
def test_2014_bad_lines(tmp_path: Path, line: bytes, reason: str) -> None:
    good = b"{'asin': 'B000000001', 'title': 'Cap'}"
    found = read("amazon-2014", tmp_path, good, line, good)
    assert (found[1], len(found)) == (LeftOut(reason), 3)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b" ", "a blank line"),
        (b'{"asin": "B000000001", ', "not JSON"),
        (b'{"asin": "B0\x0001"}', "a NUL byte"),
        (b'{"asin": "\xff"}', "not UTF-8"),
        (b"[1]", "not a JSON object"),
        (b"[" * 900_000, "not JSON"),
        (b"x" * 20_000_000, "a line of more than 1,000,000 bytes"),
        (b'{"asin": null, "title": "Cap"}', "no ASIN"),
        (
            b'{"asin": "B0/../1", "title": "Cap"}',
            "an ASIN of other signs than letters, digits, hyphens and underscores",
        ),
        (b'{"asin": "B000000001", "title": ["Cap"]}', "no title"),
        (b'{"asin": "B000000001", "title": "%s"}' % (b"a b " * 9000), "a title of more than 10,000 signs"),
    ],
)
def test_2018_bad_lines(tmp_path: Path, line: bytes, reason: str) -> None:
    found = read("amazon-2018", tmp_path, item_2018("B000000001"), line, item_2018("B000000002"))
    assert (found[1], len(found)) == (LeftOut(reason), 3)


def test_2018_second_release(tmp_path: Path) -> None:
    found = record_2018(
        tmp_path,
        title="Salt &amp; Pepper",
        category=["Grocery &amp; Gourmet Food", "Spices"],
        main_cat="Grocery",
        price="$5.00",
        also_buy=["B000000002"],
        imageURL=["https://a.example/small.jpg"],
        imageURLHighRes=["https://a.example/large.jpg"],
    )
    assert found[:5] == ("B000000001", "Salt & Pepper", "Grocery & Gourmet Food", "5.00", "https://a.example/large.jpg")
    assert found.candidates == ["B000000002"]


def test_2018_first_release_has_its_pictures_in_image(tmp_path: Path) -> None:
    item = item_2018("B000000001", image=["ftp://a.example/1.jpg", "https://a.example/2.jpg"])
    del item["imageURL"], item["imageURLHighRes"]
    assert read("amazon-2018", tmp_path, item)[0].image == "https://a.example/2.jpg"


def test_2018_a_main_category_may_be_a_picture(tmp_path: Path) -> None:
    tag = '<img src="https://a.example/x.png" class="nav" alt="AMAZON FASHION"/>'
    assert record_2018(tmp_path, main_cat=tag).category == "AMAZON FASHION"


def test_2018_a_title_of_markup_is_left_out_with_its_candidates(tmp_path: Path) -> None:
    title = '<span class="a-size-medium a-color-secondary a-text-normal"'
    assert record_2018(tmp_path, title=title, also_buy=["B1", "B2"]) == LeftOut("a title that is markup", 2)


def test_2018_an_unreadable_price_is_none_and_marked(tmp_path: Path) -> None:
    found = record_2018(tmp_path, price=".a-box-inner{background-color:#fff}")
    assert (found.price, found.unreadable_price) == ("", True)


def test_2023(tmp_path: Path) -> None:
    item = {
        "main_category": "All Electronics", "title": "Radio", "price": 1234.5, "parent_asin": "B000000001",
        "categories": ["Electronics", "Radios"], "bought_together": None,
        "images": [
            {"thumb": "https://a.example/t.jpg", "large": "https://a.example/l.jpg", "variant": "MAIN", "hi_res": None},
            {"thumb": "https://a.example/t2.jpg", "large": "https://a.example/l2.jpg", "hi_res": "https://a.example/h"},
        ],
    }  # fmt: skip
    (found,) = read("amazon-2023", tmp_path, item)
    assert found[:5] == ("B000000001", "Radio", "Electronics", "1234.50", "https://a.example/h")


def test_2023_in_columns_the_main_picture_comes_first(tmp_path: Path) -> None:
    sizes = {"large": ["https://a.example/2.jpg", "https://a.example/1.jpg"], "variant": ["PT01", "MAIN"]}
    item = {"parent_asin": "B1", "title": "Brush", "price": "None", "images": {"hi_res": [None], **sizes}}
    (found,) = read("amazon-2023", tmp_path, item)
    assert (found.image, found.price, found.unreadable_price) == ("https://a.example/1.jpg", "", False)


def test_numbers_that_are_none_cost_the_price_only(tmp_path: Path) -> None:
    line = b'{"asin":"B1","title":"Cap","price":NaN,"also_buy":["B2"]}'
    (found,) = read("amazon-2018", tmp_path, line)
    assert (found.title, found.price, found.unreadable_price, found.candidates) == ("Cap", "", True, ["B2"])


def test_2014_with_names_of_other_languages_and_json_between(tmp_path: Path) -> None:
    lines = (
        b"{'asin': 'B1', 'title': 'Caf\\xe9', 'price': nan, 'imUrl': null}",
        b'{"asin": "B2", "title": "Smile \\ud83d\\ude00", "price": null, "imUrl": "http://a.example/2.jpg"}',
    )
    found = read("amazon-2014", tmp_path, *lines)
    assert [(one.title, one.unreadable_price) for one in found] == [("Café", True), ("Smile 😀", False)]


@pytest.mark.parametrize("form", ["amazon-2014", "amazon-2018", "amazon-2023"])
def test_values_of_the_wrong_type_are_as_if_absent(tmp_path: Path, form: str) -> None:
    keys = ("category", "categories", "also_buy", "related", "images", "imageURL", "image", "price", "main_cat")
    item = {"asin": "B1", "parent_asin": "B1", "title": "Cap", **dict.fromkeys(keys, 7)}
    found = read(form, tmp_path, item, {**item, **dict.fromkeys(keys, "x")})
    assert [(one.title, one.category, one.image, one.candidates) for one in found] == [
        ("Cap", "x" if n and form == "amazon-2018" else "", "", []) for n in range(2)
    ]
