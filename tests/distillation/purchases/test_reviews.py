from pathlib import Path

import pytest
from django.core.management import CommandError
from django.utils import timezone

from distillation.catalog.readers.records import CatalogError
from distillation.models import CatalogImport, CoBuy, Purchase, PurchaseImport
from distillation.purchases import importing
from distillation.purchases.importing import PurchaseRequest, buyer_number, purchases_import
from distillation.purchases.times import FUTURE, TOO_EARLY, seconds_of, why_not
from tests.distillation.purchases.files import FEBRUARY_28, MARCH_1, account, of_2014, of_2018, of_2023, products, write

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("line", [of_2014, of_2018, of_2023])
def test_all_releases_are_recognised(tmp_path: Path, line) -> None:
    products("B1")
    made = account(write(tmp_path / "r.json", line("ann", "B1", FEBRUARY_28)))
    assert (made["lines"], made["purchases_new"]) == (1, 1)
    assert Purchase.objects.get().at.isoformat() == "2014-02-28T00:00:00+00:00"


def test_ratings_of_2023_are_read_from_their_csv(tmp_path: Path) -> None:
    products("B1")
    made = account(write(tmp_path / "r.csv", "user_id,parent_asin,rating,timestamp", f"ann,B1,5.0,{MARCH_1}000"))
    assert made["purchases_new"] == 1


def test_every_line_and_purchase_is_accounted_for(tmp_path: Path) -> None:
    products("B1", "B2")
    future = int(timezone.now().timestamp()) + 3 * 86_400
    lines = [of_2018("ann", "B1", MARCH_1), of_2018("ann", "B1", MARCH_1), of_2018("ann", "NOWHERE", MARCH_1),
             of_2018("bob", "B2", 0), of_2018("bob", "B2", future), of_2018("", "B2", MARCH_1), "{", ""]  # fmt: skip
    made = account(write(tmp_path / "r.json", *lines))
    left_out = {TOO_EARLY: 1, FUTURE: 1, "no reviewer": 1, "not JSON": 1, "a blank line": 1}
    assert (made["lines"], made["lines_left_out"]) == (8, left_out)
    assert (made["purchases"], made["purchases_new"], made["purchases_already_stored"]) == (3, 1, 1)
    assert made["purchases_left_out"] == {importing.UNKNOWN: 1}


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    products("B1", "B2")
    path = write(tmp_path / "r.json", of_2018("ann", "B1", MARCH_1), of_2018("ann", "B2", MARCH_1))
    first, again = account(path, window=0), account(path, window=0)
    assert (first["cobuys_new"], again["cobuys_new"], again["purchases_new"]) == (1, 0, 0)
    assert (Purchase.objects.count(), CoBuy.objects.count(), CatalogImport.objects.count()) == (2, 1, 1)


def test_only_one_person_within_the_window_makes_a_cobuy(tmp_path: Path) -> None:
    products("B1", "B2", "B3")
    lines = [of_2018("ann", "B1", FEBRUARY_28), of_2018("ann", "B2", MARCH_1), of_2018("ann", "B3", MARCH_1 + 86_400),
             of_2018("bob", "B3", FEBRUARY_28)]  # fmt: skip
    made = account(write(tmp_path / "r.json", *lines), window=1)
    pairs = {(one.a.asin, one.b.asin): one for one in CoBuy.objects.select_related("a", "b")}
    assert set(pairs) == {("B1", "B2"), ("B2", "B3")}  # B1 and B3 lie two days apart
    # Together from the later of the two purchases on.
    assert pairs["B1", "B2"].bought_at.timestamp() == MARCH_1
    assert pairs["B1", "B2"].first_import_id == made["data_set"]


def test_who_buys_too_much_makes_no_cobuys(tmp_path: Path) -> None:
    products("B1", "B2", "B3")
    lines = [of_2018("shop", asin, MARCH_1) for asin in ("B1", "B2", "B3")]
    made = account(write(tmp_path / "r.json", *lines), window=0, max_per_buyer=2)
    assert (made["buyers_left_out"], made["pairs"]) == (1, 0)


def test_unverified_reviews_are_left_out_on_wish(tmp_path: Path) -> None:
    products("B1")
    path = write(tmp_path / "r.json", of_2018("ann", "B1", MARCH_1), of_2018("bob", "B1", MARCH_1, verified=False))
    assert account(path, verified_only=True)["purchases_new"] == 1


def test_broken_off_it_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    products("B1")
    monkeypatch.setattr(importing, "BLOCK_LINES", 1)
    monkeypatch.setattr("distillation.purchases.formats.CHUNK", 2)
    rows = [f"c{n},B1,2018-09-0{n}" for n in range(1, 7)]
    request = PurchaseRequest(paths=[write(tmp_path / "p.csv", "customer,product,time", *rows)], format="csv")

    def stop(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        purchases_import(request, stop)
    assert Purchase.objects.count() == 2  # one block of two rows
    made = purchases_import(request)
    assert (made.lines, made.purchases_new, made.purchases_already_stored) == (6, 6, 0)
    assert PurchaseImport.objects.count() == 1


def test_a_buyer_is_kept_as_a_keyed_hash(tmp_path: Path) -> None:
    products("B1")
    account(write(tmp_path / "p.csv", "customer,product,time", "ann,B1,2018-09-01"), "import_purchases")
    kept = Purchase.objects.get().buyer
    assert kept != buyer_number("cann", b"")  # nobody without the key can try names
    account(write(tmp_path / "q.csv", "customer,product,time", "ann,B1,2018-09-02"), "import_purchases")
    assert set(Purchase.objects.values_list("buyer", flat=True)) == {kept}


def test_cobuys_with_dates_are_baskets_of_their_own(tmp_path: Path) -> None:
    products("B1", "B2")
    path = write(tmp_path / "p.csv", "asin_a,asin_b,time", "B1,B2,2018-09-01", "B2,B1,2019-01-01")
    made = account(path, "import_purchases", window=0)
    assert (made["purchases_new"], made["pairs"], CoBuy.objects.get().n_buyers) == (4, 1, 2)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["customer,product,time", "ann,B1,yesterday"], 'p.csv, line 2: "yesterday" is no time'),
        (["customer,product,time", ",B1,2018-09-01"], "line 2: neither a customer nor a basket"),
        (["customer,product,time", "ann,B 1,2018-09-01"], 'line 2: "B 1" is no product'),
        (["who,what", "ann,B1"], "line 1: no columns customer"),
        (["customer,product,time", "ann,NOWHERE,2018-09-01"], "none of 1 purchases is of a product in the catalog"),
        (["customer,product,time", "ann,B1,0"], f"no purchase in 1 lines (1 x {TOO_EARLY})"),
    ],
)
def test_bad_input_is_one_line(tmp_path: Path, lines: list[str], said: str) -> None:
    products("B1")
    with pytest.raises(CommandError) as refused:
        account(write(tmp_path / "p.csv", *lines), "import_purchases")
    assert said in str(refused.value) and "\n" not in str(refused.value)
    assert not Purchase.objects.exists()


def test_metadata_is_no_file_of_reviews(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="looks like product metadata"):
        account(write(tmp_path / "m.json", {"asin": "B1", "title": "A thing"}))


def test_a_release_under_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="looks like amazon-2023, not amazon-2018"):
        account(write(tmp_path / "r.json", of_2023("ann", "B1", MARCH_1)), format="amazon-2018")


def test_a_damaged_row_of_a_shop_refuses_the_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    products("B1")
    monkeypatch.setattr(importing, "BLOCK_LINES", 1)
    monkeypatch.setattr("distillation.purchases.formats.CHUNK", 1)
    path = write(tmp_path / "p.csv", "customer,product,time", "ann,B1,2018-09-01", "bob,B1,never")
    with pytest.raises(CatalogError, match="line 3"):
        purchases_import(PurchaseRequest(paths=[path], format="csv"))
    assert not Purchase.objects.exists() and not PurchaseImport.objects.exists()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(FEBRUARY_28, FEBRUARY_28), (f"{FEBRUARY_28}000", FEBRUARY_28), ("2014-02-28", FEBRUARY_28),
     ("2014-02-28T01:00:00+01:00", FEBRUARY_28), ("soon", None), (None, None), ([], None), (float("nan"), None)],
)  # fmt: skip
def test_times_are_seconds_milliseconds_or_iso(value: object, seconds: int | None) -> None:
    assert seconds_of(value) == seconds


def test_a_clock_that_is_ahead_by_hours_is_no_future() -> None:
    assert (why_not(1_000_003_600, 1e9), why_not(1_000_090_000, 1e9)) == ("", FUTURE)
