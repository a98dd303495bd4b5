import csv
import json
from collections import Counter
from datetime import UTC, datetime

import pytest
from django.db.models import F
from django.test import Client

from accounts.models import User
from annotation.design.services import study_create
from annotation.figures.periods.numbers import periods
from annotation.figures.rates import TOO_FEW
from annotation.models import Item, Study
from distillation.models import CoBuy, Product
from tests.annotation.builders import rate_all, study
from tests.annotation.exchange.files import exported, rows_of
from tests.api.builders import program
from tests.distillation.builders import cobuys, finished_run

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made(module_db: None) -> Study:
    """24 co-buys, two relations: 12 bought in 2016, all plausible, 11 in 2018, 6 of them, and one unknown."""
    for i, cobuy in enumerate(cobuys(24)):
        year, month = (2016, 3) if i < 12 else (2018, 7)
        CoBuy.objects.filter(pk=cobuy.pk).update(bought_at=datetime(year, month, 2, tzinfo=UTC) if i < 23 else None)
        Product.objects.filter(pk__in=[cobuy.a_id, cobuy.b_id]).update(category="Toys" if i % 2 else "Garden")
    runs = [finished_run(name=name) for name in ("early", "late")]
    in_study = study(run=runs[0], items=48, overlap=1)
    items = in_study.items.annotate(of=F("intention__cobuy")).order_by("pk")
    first = min(item.of for item in items)
    rate_all(in_study, {each.pk: [(int(each.bought_year != 2018 or (each.of - first) % 2 == 0), 2)] for each in items})
    return in_study


def test_items_carry_when_their_cobuy_was_bought(made: Study) -> None:
    found = set(Item.objects.filter(study=made).values_list("bought_year", "bought_month"))
    assert found == {(2016, 3), (2018, 7), (None, None)}


def test_each_judgment_goes_out_with_when_its_cobuy_was_bought(made: Study) -> None:
    found = Counter((row["bought_year"], row["bought_month"]) for row in rows_of(exported(made)))
    assert found == {("2016", "3"): 24, ("2018", "7"): 22, ("", ""): 2}  # two relations of 12, 11 and 1 co-buys


def test_shares_by_year_are_those_of_the_ratings(made: Study) -> None:
    found = periods(made, "year")
    assert (found.names, found.items, found.undated) == (["2016", "2018"], [24, 22], 2)
    assert [rate.value for rate in found.measures[0].raw] == [1.0, pytest.approx(12 / 22)]


def test_the_trend_falls_and_says_of_how_many(made: Study) -> None:
    trend = periods(made, "year").measures[0].trend
    # From 1 in March 2016 to 6/11 in July 2018: 28 months.
    assert trend.value == pytest.approx(-5 / 11 / (28 / 12))
    assert trend.n == 46 and trend.ci95[1] < 0


def test_months_and_categories_are_named(made: Study) -> None:
    assert periods(made, "month").names == ["March", "July"]
    assert periods(made, "category").names == ["Garden", "Toys"]
    assert sum(periods(made, "category").items) == 48  # category is known without a purchase


def test_of_too_few_no_rate_is_shown(made: Study) -> None:
    Item.objects.filter(study=made, bought_year=2018).update(bought_year=None)
    CoBuy.objects.filter(bought_at__year=2018).update(bought_at=None)
    Item.objects.filter(pk__in=Item.objects.filter(study=made, bought_year=2016)[:5].values("pk")).update(
        bought_year=2012
    )
    raw = periods(made, "year").measures[0].raw
    assert (raw[0].value, raw[0].reason, raw[0].n) == (None, TOO_FEW, 5)
    assert raw[1].value == 1.0


def test_an_older_item_takes_the_year_that_is_known_now(made: Study) -> None:
    Item.objects.filter(study=made).update(bought_year=None, bought_month=None)
    assert periods(made, "year").items == [24, 22]


def test_page_csv_and_api_say_the_same(made: Study, as_researcher: Client, researcher: User) -> None:
    page = as_researcher.get(f"/studies/{made.pk}/periods/").content.decode()
    assert "Trend: −19.5 points a year" in page and "2 of 48 judged items are left out" in page
    told = program(researcher).get(f"/api/v1/studies/{made.pk}/periods?by=year").json()
    assert told == json.loads(json.dumps(periods(made, "year").as_dict()))  # what is not declared would be left out
    text = as_researcher.get(f"/studies/{made.pk}/periods/year/plausible.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    assert [(row["Year of purchase"], float(row["Plausible"])) for row in rows] == [("2016", 1.0), ("2018", 12 / 22)]


def test_a_later_run_is_set_against_the_one_before(made: Study, as_researcher: Client) -> None:
    runs = [finished_run(name=name) for name in ("first", "second")]
    both = study_create(name="both", runs=runs, items=20, overlap=1, paired=True)
    rate_all(both, {item.pk: [(int(item.run_id == runs[1].pk), 2)] for item in both.items.all()})
    drift = periods(both, "category").drift[0]
    assert (drift.later, drift.earlier, drift.figures["Plausible"].value) == ("second", "first", 1.0)
    assert drift.figures["Kept"].value == 0.0  # both filters keep every second
    assert "Drift from run to run" in as_researcher.get(f"/studies/{both.pk}/periods/").content.decode()
