from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from distillation.catalog.readers.records import COBUY_FIELDS
from distillation.models import CoBuy, Product
from tests.distillation.catalog.files import imported, item_2018, write_json

pytestmark = pytest.mark.django_db
TEN = [f"B{n:02}" for n in range(10)]


def pairs() -> set[str]:
    return {f"{a} {b}" for a, b in map(sorted, CoBuy.objects.values_list("a__asin", "b__asin"))}


@pytest.fixture
def everybody(tmp_path: Path) -> Path:
    """Ten products, each bought with all others: 90 candidates, 45 co-buys."""
    return write_json(tmp_path / "a.json", *[item_2018(asin, also_buy=[b for b in TEN if b != asin]) for asin in TEN])


def test_2014_also_bought(tmp_path: Path) -> None:
    lines = [f"{{'asin': '{a}', 'title': 'x', 'related': {{'also_bought': ['B00', 'B01']}}}}".encode() for a in TEN[:3]]
    imported(write_json(tmp_path / "a.json", *lines), form="amazon-2014")
    assert pairs() == {"B00 B01", "B00 B02", "B01 B02"}


def test_one_end_may_be_of_an_earlier_import(tmp_path: Path) -> None:
    imported(write_json(tmp_path / "a.json", item_2018("B00")))
    imported(write_json(tmp_path / "b.json", item_2018("B01", also_buy=["B00", "B09"])))
    assert pairs() == {"B00 B01"}


def test_reciprocal_only(tmp_path: Path) -> None:
    path = write_json(
        tmp_path / "a.json",
        item_2018("B00", also_buy=["B01", "B02"]),
        item_2018("B01", also_buy=["B00"]),
        item_2018("B02"),
    )
    account = imported(path, reciprocal_only=True)
    assert pairs() == {"B00 B01"}
    # 3 candidates = 1 co-buy + 1 its reverse + 1 one-sided
    assert account.candidates_left_out == {"the same pair again": 1, "named by one of the two products only": 1}


def test_a_pair_twice_in_one_direction_is_not_reciprocal(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a.json", *[{"parent_asin": asin, "title": "x"} for asin in TEN[:2]])
    (tmp_path / "c.csv").write_text("asin_a,asin_b\nB00,B01\nB00,B01\n")
    assert imported(path, form="amazon-2023", cobuys=tmp_path / "c.csv", reciprocal_only=True).cobuys == 0


def test_max_per_product(everybody: Path) -> None:
    account = imported(everybody, max_per_product=3)
    degrees = Counter(asin for pair in pairs() for asin in pair.split())
    assert 0 < max(degrees.values()) <= 3
    # 90 candidates = co-buys + 45 reverses + the rest of the 45
    assert account.cobuys + account.candidates_left_out["beyond the most for one product"] == 45


def test_max_per_product_of_1_keeps_the_first_of_all_in_shuffled_order(everybody: Path) -> None:
    imported(everybody, max_per_product=1)
    assert 1 <= CoBuy.objects.count() <= 5


def test_a_sample_is_the_same_for_its_seed_whatever_the_order_of_the_lines(everybody: Path, tmp_path: Path) -> None:
    imported(everybody, sample=7, seed=1)
    first = pairs()
    Product.objects.all().delete()
    CoBuy.objects.all().delete()
    lines = everybody.read_bytes().splitlines()[::-1]
    account = imported(write_json(tmp_path / "b.json", *lines), sample=7, seed=1)
    assert (len(first), pairs()) == (7, first)
    # 90 = 7 + 45 + 38
    assert account.candidates_left_out == {"the same pair again": 45, "not drawn into the sample": 38}


def test_a_sample_larger_than_what_is_there_takes_all(everybody: Path) -> None:
    assert imported(everybody, sample=100).cobuys_new == 45


def test_a_sample_takes_each_cobuy_as_often_as_any_other(everybody: Path) -> None:
    drawn: Counter[str] = Counter()
    for seed in range(30):
        imported(everybody, sample=15, seed=seed)
        drawn.update(pairs())
        CoBuy.objects.all().delete()
    assert drawn.keys() == {f"{a} {b}" for a, b in combinations(TEN, 2)}
    # Each is drawn Binomial(30, 1/3) times: 10, standard deviation 2.6; 3 and 17 are 2.7 of them away.
    assert sum(drawn.values()) == 30 * 15
    assert all(3 <= count <= 17 for count in drawn.values())


def test_category_takes_any_element_or_the_main_category_in_any_case(tmp_path: Path) -> None:
    path = write_json(
        tmp_path / "a.json",
        item_2018("B00", category=["Electronics", "Radios &amp; Clocks"], also_buy=["B01", "B02"]),
        item_2018("B01", main_cat="radios & clocks"),
        item_2018("B02", category=["Electronics"], also_buy=["B00"]),
    )
    account = imported(path, category="Radios & clocks")
    assert pairs() == {"B00 B01"}
    assert account.lines_left_out == {"of another category": 1}
    assert account.candidates_left_out == {"of a line left out": 1, "of a product that is not known": 1}


RELATED = b"""{'asin': 'B00', 'title': 'x', 'related': {
    'also_bought': ['B01'], 'bought_together': ['B01', 'B02'], 'buy_after_viewing': ['B03', 'B00']}}""".replace(
    b"\n", b" "
)


def fields() -> dict[str, int]:
    rows = CoBuy.objects.values_list("a__asin", "b__asin", "fields")
    return {" ".join(sorted((a, b))): bits for a, b, bits in rows}


@pytest.fixture
def related(tmp_path: Path) -> Path:
    others = [f"{{'asin': '{asin}', 'title': 'x', 'related': {{}}}}".encode() for asin in TEN[1:4]]
    return write_json(tmp_path / "a.json", RELATED, *others)


def test_only_also_bought_makes_cobuys_unless_others_are_asked_for(related: Path) -> None:
    account = imported(related, form="amazon-2014")
    assert (fields(), account.candidates) == ({"B00 B01": 1}, 1)


def test_each_cobuy_has_the_fields_that_name_it(related: Path) -> None:
    account = imported(related, form="amazon-2014", cobuy_fields=tuple(COBUY_FIELDS))
    assert fields() == {"B00 B01": 1 + 2, "B00 B02": 2, "B00 B03": 4}
    # 5 candidates = 3 co-buys + 1 named in a second field + 1 itself
    assert account.candidates_left_out == {"the same pair again": 1, "the product itself": 1}
    assert (account.candidates, account.adds_up()) == (5, True)


def test_a_field_that_comes_later_is_added_to_a_cobuy(related: Path) -> None:
    imported(related, form="amazon-2014")
    account = imported(related, form="amazon-2014", cobuy_fields=("also_bought", "bought_together"))
    assert (fields(), account.cobuys_new) == ({"B00 B01": 1 + 2, "B00 B02": 2}, 1)


def test_pairs_of_a_list_have_no_field(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a.json", *[{"parent_asin": asin, "title": "x"} for asin in TEN[:2]])
    (tmp_path / "c.csv").write_text("asin_a,asin_b\nB00,B01\n")
    imported(path, form="amazon-2023", cobuys=tmp_path / "c.csv")
    assert fields() == {"B00 B01": 0}
