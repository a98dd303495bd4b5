import pytest

from distillation.catalog.cleaning import clean_text, is_asin


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
