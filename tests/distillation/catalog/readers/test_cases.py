"""Shapes of catalog files that have broken tools like this one; what is right stands in the README beside them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from distillation.catalog.pictures.store import BadPicture, picture_encode
from distillation.catalog.readers.cleaning import PLACEHOLDER
from distillation.catalog.readers.formats import FORMATS, refuse_wrong_format
from distillation.catalog.readers.records import START, Found, LeftOut

CASES = Path(__file__).parents[5] / "shared/data/cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not here (../shared/data/cases)")


def found(form: str, name: str) -> Iterator[Found]:
    refuse_wrong_format(CASES / name, FORMATS[form])
    return (one for chunk in FORMATS[form].read(CASES / name, START, ("also_bought",)) for _, one in chunk.found)


def test_2023_in_columns() -> None:
    shown = [
        (one.asin, one.image, one.price, one.unreadable_price)
        for one in found("amazon-2023", "amazon2023_columnar.jsonl")
    ]
    assert shown == [
        ("B00TEST001", "https://pics.example/71a._SL1500_.jpg", "", False),
        ("B00TEST002", "https://pics.example/x.jpg", "12.99", False),
    ]


def test_nan() -> None:
    shown = [(one.title, one.price, one.unreadable_price) for one in found("amazon-2018", "amazon2018_nan.jsonl")]
    assert shown == [("A", "", True), ("B", "5.00", False)]


def test_scripts() -> None:
    first, lamp, function, size, ready = found("amazon-2018", "amazon2018_scripts.jsonl")
    assert first == LeftOut("a title that is a script", 1)
    assert function == ready == LeftOut("a title that is a script", 0)
    assert lamp[:5] == ("B000000018", "Lamp & bold bulb", "Home", "1299.00", "http://x.example/a%20b.jpg")
    assert size.title == "Size < 5 & weight > 3 kg"


def test_2014_with_null_nan_and_json_between() -> None:
    one, two, three, four = found("amazon-2014", "amazon2014_null_nan.jsonl")
    assert (one.title, one.image) == ("Pasta course, volume 1", PLACEHOLDER)
    assert two.candidates == ["0000000001", "0000000003"]
    assert (three.price, three.unreadable_price, four.title, four.unreadable_price) == (
        "", True, "Strict JSON line 😀", False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("one_pixel.gif", "shorter side under 64 pixels: too small to judge by"),
        ("thumb_38x50.jpg", "shorter side under 64 pixels: too small to judge by"),
        ("wide_332x27.jpg", "shorter side under 64 pixels: too small to judge by"),
    ],
)
def test_pictures_too_small(name: str, reason: str) -> None:
    with pytest.raises(BadPicture, match=f"^{reason}$"):
        picture_encode((CASES / "pictures" / name).read_bytes())
