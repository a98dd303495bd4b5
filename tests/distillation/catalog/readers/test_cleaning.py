import pytest

from distillation.catalog.readers.cleaning import (
    PLACEHOLDER,
    clean_category,
    clean_price,
    clean_text,
    full_picture,
    is_asin,
    picture_addresses,
    product_cleaned,
    usable_url,
)
from distillation.catalog.readers.records import LeftOut, ProductRecord


def cleaned(title: str) -> ProductRecord | LeftOut:
    return product_cleaned(asin="B1", title=title, categories=[], price="", images=[], candidates=["B2"])


def test_entities_are_decoded_also_those_encoded_twice() -> None:
    assert clean_text("Salt &amp; Pepper, 8&quot;, Hard Case &amp;amp; Cloth") == 'Salt & Pepper, 8", Hard Case & Cloth'


def test_white_space_is_trimmed_and_folded() -> None:
    assert clean_text("  Red\t\n Scarf,&nbsp; 70 inches ") == "Red Scarf, 70 inches"


def test_control_and_direction_signs_are_dropped_but_joiners_stay() -> None:
    assert clean_text("\ufeffAB\x07C\u202e \u200bD") == "ABC D"
    assert clean_text("क्\u200dष") == "क्\u200dष"


def test_braces_and_plain_text_stay() -> None:
    assert clean_text("Case {Pack of 2} <5V AT&T") == "Case {Pack of 2} <5V AT&T"


@pytest.mark.parametrize("text", ["599521503", "B00000J1U8", "shop_1-a"])
def test_asins_of_amazon_and_ids_of_other_shops(text: str) -> None:
    assert is_asin(text)


@pytest.mark.parametrize("text", ["", "B000 J1U8", "B00/../x", "x" * 33, "B00000J1U8\n", "é1"])
def test_no_asin(text: str) -> None:
    assert not is_asin(text)


def test_halves_of_surrogate_pairs_are_dropped() -> None:
    assert clean_text("A\ud800B") == "AB"


@pytest.mark.parametrize(
    ("raw", "price"),
    [
        ("$12.99", "12.99"),
        ("$1,234.56", "1234.56"),
        ("$10.00 - $25.00", "10.00"),
        (12.99, "12.99"),
        ("12.99", "12.99"),
        (" $7 ", "7.00"),
        ("", ""),
        (None, ""),
    ],
)
def test_prices(raw: object, price: str) -> None:
    assert clean_price(raw) == price


@pytest.mark.parametrize("raw", [".a-box{color:red}", "$1,23", float("inf"), -1, True, [], "9" * 10, "$1 - $", 1e22])
def test_unreadable_prices(raw: object) -> None:
    assert clean_price(raw) is None


@pytest.mark.parametrize(
    "title",
    [
        '<span class="a-size-medium a-color-secondary"',
        "Radio &lt;span&gt;new&lt;/span&gt;",
        "<br/>",
    ],
)
def test_titles_that_are_markup(title: str) -> None:
    assert cleaned(title) == LeftOut("a title that is markup", 1)


@pytest.mark.parametrize(
    "title",
    [
        "var aPageStart = (new Date()).getTime();\nvar ue_t0=ue_t0||+new Date();",
        "function(){return 'x'}",
        "$(document).ready(function() { P.when('A').execute(); });",
        "if (window.ue) { ue.tag('x'); } var y = 1;",
    ],
)
def test_titles_that_are_a_script(title: str) -> None:
    assert cleaned(title) == LeftOut("a title that is a script", 1)


@pytest.mark.parametrize(
    "title",
    [
        "Multi-function (2 in 1) printer",
        "Window curtain (set of 2), width = 40 in.",
        "Document holder (A4). Black",
        "The Var = Variable guide",
    ],
)
def test_titles_with_a_programs_words_stay(title: str) -> None:
    assert cleaned(title).title == title


@pytest.mark.parametrize("title", ["Lamp <b>bold</b> bulb", "Lamp &lt;i&gt;bold&lt;/i&gt; <br> bulb"])
def test_emphasis_within_a_title_is_taken_off(title: str) -> None:
    assert cleaned(title).title == "Lamp bold bulb"


@pytest.mark.parametrize("title", ["Case {Pack of 2} <5V", "I <3 You", "<Blue> Cap", "a < b and c > d"])
def test_titles_that_only_look_like_markup(title: str) -> None:
    assert cleaned(title).title == title


def test_categories_lose_entities_and_tags() -> None:
    assert clean_category("Home &amp; Kitchen") == "Home & Kitchen"
    assert clean_category('<img src="x.png" alt="Amazon Fashion"/>') == "Amazon Fashion"


def image_of(*images: object) -> str:
    found = product_cleaned(asin="B1", title="Cap", categories=[], price="", images=list(images), candidates=[])
    return found.image


def test_addresses_get_their_scheme_and_blanks_written_out() -> None:
    assert image_of("//m.example/p.jpg") == "https://m.example/p.jpg"
    assert image_of("http://x.example/a b.jpg") == "http://x.example/a%20b.jpg"


@pytest.mark.parametrize(
    "url",
    [
        "http://g-ecx.images-amazon.com/images/G/01/x-site/icons/no-img-sm._CB192198896_.gif",
        "https://x.example/No_Image_Available.png",
        "https://x.example/imageNotAvailable.png",
        "https://m.example/images/G/01/x-locale/common/transparent-pixel.gif",
    ],
)
def test_a_stand_in_is_no_picture_and_gives_way_to_one(url: str) -> None:
    assert image_of(url) == PLACEHOLDER
    assert image_of(url, "https://x.example/1.jpg") == "https://x.example/1.jpg"


@pytest.mark.parametrize("url", ["https://x.example/piano-image.jpg", "https://x.example/transparent-case.jpg"])
def test_addresses_that_only_look_like_a_stand_in(url: str) -> None:
    assert image_of(url) == url


def test_the_full_picture_is_looked_for_first() -> None:
    given = "https://images-na.ssl-images-amazon.com/images/I/41%2BQ._SX38_SY50_CR,0,0,38,50_.jpg"
    assert picture_addresses(full_picture(given)) == [
        "https://images-na.ssl-images-amazon.com/images/I/41%2BQ.jpg",
        given,
    ]
    assert picture_addresses("https://x.example/a.jpg#top") == ["https://x.example/a.jpg#top"]


@pytest.mark.parametrize(
    "url", ["", None, 7, "ftp://a/b", "//a/b", "https://a/b c", "https://a/\n", "https://" + "x" * 2000]
)
def test_unusable_picture_addresses(url: object) -> None:
    assert not usable_url(url)
