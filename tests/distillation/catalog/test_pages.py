"""The pages of the catalog and its imports, as each role sees them."""

import re
from dataclasses import asdict
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from distillation.catalog.intake.account import CatalogAccount
from distillation.catalog.search import PAGE, CatalogSearch, Keyset, _planned, cobuys_page
from distillation.models import (
    CatalogImport,
    CoBuy,
    Feature,
    OwedIndex,
    Picture,
    PictureSource,
    Product,
    Run,
    RunProduct,
)
from tests.distillation.builders import product, run
from tests.distillation.catalog.files import imported, item_2018, write_json

pytestmark = pytest.mark.django_db

CATALOG = reverse("catalog")


def import_row(**more) -> CatalogImport:
    account = CatalogAccount(lines=10, products_new=7, lines_left_out={"no title": 3}, candidates=4, cobuys_new=4)
    asked = {"format": "amazon-2018", "sources": [{"name": "meta.json.gz", "size": 2048}], "account": asdict(account)}
    return CatalogImport.objects.create(key="k", **{**asked, **more})


def products(n: int, title: str = "Lamp", category: str = "") -> list[Product]:
    """`n` of them in the order of their ids, B000000000…"""
    rows = [Product(asin=f"B{i:09d}", title=f"{title} {i}", category=category) for i in range(n)]
    return Product.objects.bulk_create(rows)


def shown(client: Client, **asked: object) -> list[str]:
    """The ASINs of the rows, as they stand."""
    return [row["asin"] for row in client.get(CATALOG, asked).context["products"]]


@pytest.fixture
def pages(db: None) -> list[str]:
    product("B1")
    pk = import_row().pk
    return [
        CATALOG,
        reverse("product", args=["B1"]),
        reverse("import-list"),
        reverse("import-detail", args=[pk]),
        reverse("import-progress", args=[pk]),
    ]


def test_who_is_not_signed_in_is_sent_to_sign_in(pages: list[str]) -> None:
    for page in pages:
        answer = Client().get(page)
        assert (answer.status_code, answer["Location"]) == (302, f"{reverse('login')}?next={page}")


def test_the_pages_are_for_researchers_and_administrators(pages, as_annotator, as_researcher, administrator) -> None:
    as_administrator = Client()
    as_administrator.force_login(administrator)
    for page in pages:
        codes = [client.get(page).status_code for client in (as_annotator, as_researcher, as_administrator)]
        assert codes == [403, 200, 200]


def test_the_pages_are_only_read(pages: list[str], as_researcher: Client) -> None:
    assert {as_researcher.post(page).status_code for page in pages} == {405}


def test_words_of_a_title_are_found_in_any_form_and_order(as_researcher: Client) -> None:
    product("B1", "Reading lamps for children")
    product("B2", "Desk lamp")
    assert shown(as_researcher, q="lamp reading") == ["B1"]
    assert shown(as_researcher, q="lamp -reading") == ["B2"]
    assert shown(as_researcher, q='"lamp desk"') == []


def test_an_asin_is_found_by_its_beginning_in_either_case(as_researcher: Client) -> None:
    product("B00X1", "Lamp")
    product("B00Y1", "Shade for B00X1")
    assert shown(as_researcher, q="b00x") == ["B00X1"]
    assert shown(as_researcher, q="B00") == ["B00Y1", "B00X1"]


@pytest.mark.parametrize("query", ["%", "_", "\\", "'", '"', "the", "& | !", ":*", "(", "-", "\u202e", "x" * 200])
def test_signs_that_mean_something_to_the_database_find_nothing(query: str, as_researcher: Client) -> None:
    product("B1", "Lamp")
    assert as_researcher.get(CATALOG, {"q": query}).status_code == 200
    assert shown(as_researcher, q=query) == []


def test_a_category_filters_and_is_offered(as_researcher: Client) -> None:
    for asin, category in (("B1", "Home"), ("B2", "Garden"), ("B3", "Home"), ("B4", "")):
        Product.objects.create(asin=asin, title="Lamp", category=category)
    assert shown(as_researcher, category="Home") == ["B3", "B1"]
    assert as_researcher.get(CATALOG).context["categories"] == ["Garden", "Home"]


def test_a_picture_is_there_or_wanted_or_failed(as_researcher: Client) -> None:
    stored = Picture.objects.create(digest="ab" * 32, width=1, height=1, size=1)
    wanted, failed = (
        PictureSource.objects.create(digest=state, url="https://x.example/", state=state)
        for state in ("wanted", "failed")
    )
    Product.objects.create(asin="HAS", picture=stored, picture_source=wanted)
    Product.objects.create(asin="WANTS", picture_source=wanted)
    Product.objects.create(asin="FAILED", picture_source=failed, picture_problem="answered 404")
    Product.objects.create(asin="NONE", picture_problem="no picture given")
    assert shown(as_researcher, picture="stored") == ["HAS"]
    assert shown(as_researcher, picture="wanted") == ["WANTS"]
    assert shown(as_researcher, picture="failed") == ["NONE", "FAILED"]
    assert "answered 404" in as_researcher.get(CATALOG).content.decode()


@pytest.mark.parametrize("asked", [{}, {"q": "lamp"}, {"q": "B0"}, {"category": "Home"}, {"picture": "failed"}])
@pytest.mark.parametrize("many", [0, 1_000])
def test_pages_older_and_newer_show_every_product_once(
    many: int, asked: dict, as_researcher: Client, monkeypatch
) -> None:
    """Whether they are walked or found by an index; at every step back stands the page one came from."""
    monkeypatch.setattr("distillation.catalog.search.MANY", many)
    monkeypatch.setattr("distillation.catalog.search.WALKED", 20)
    products(60, category="Home")
    first = as_researcher.get(CATALOG, asked).context
    second = as_researcher.get(CATALOG, {**asked, "after": first["page"].next}).context
    third = as_researcher.get(CATALOG, {**asked, "after": second["page"].next}).context
    everything = [*first["page"].keys, *second["page"].keys, *third["page"].keys]
    assert everything == sorted(Product.objects.values_list("pk", flat=True), reverse=True)
    assert (first["page"].previous, third["page"].next) == (None, None)
    assert as_researcher.get(CATALOG, {**asked, "before": third["page"].previous}).context["page"] == second["page"]
    assert as_researcher.get(CATALOG, {**asked, "before": second["page"].previous}).context["page"] == first["page"]


def test_a_word_of_one_corner_is_found_beyond_the_walk(as_researcher: Client, monkeypatch) -> None:
    """The 40 newest products, which the walk passes, lack the word; the 40 before them have it."""
    monkeypatch.setattr("distillation.catalog.search.MANY", 0)
    monkeypatch.setattr("distillation.catalog.search.WALKED", 5)
    monkeypatch.setattr("distillation.catalog.search.SEARCHED", 20)
    rows = products(80)
    Product.objects.filter(pk__lte=rows[39].pk).update(title="Corner")
    assert shown(as_researcher, q="corner") == [row.asin for row in rows[39:14:-1]]


def test_pages_are_links_that_keep_the_search(as_researcher: Client) -> None:
    products(PAGE + 1, category="Home & Garden")
    html = as_researcher.get(CATALOG, {"q": "lamp", "category": "Home & Garden"}).content.decode()
    oldest = Product.objects.order_by("-pk")[PAGE - 1].pk
    assert f'href="?q=lamp&amp;category=Home+%26+Garden&amp;after={oldest}"' in html


def test_beyond_the_last_page_there_is_a_way_back(as_researcher: Client) -> None:
    assert "There is no product yet" in as_researcher.get(CATALOG).content.decode()
    oldest = product("B1").pk
    html = as_researcher.get(CATALOG, {"after": oldest}).content.decode()
    assert "There is no product yet" not in html and "first page</a>" in html


def test_matches_are_counted(as_researcher: Client) -> None:
    products(PAGE + 2)
    product("Z1", "Chair")
    assert as_researcher.get(CATALOG, {"q": "lamp"}).context["count_text"] == "27 products"
    assert as_researcher.get(CATALOG, {"q": "chair"}).context["count_text"] == "1 product"


def test_a_search_that_takes_too_long_says_what_to_do(as_researcher: Client, monkeypatch) -> None:
    monkeypatch.setattr("distillation.catalog.search.LIMITS", "SET LOCAL statement_timeout = 1")
    products(2_000)
    answer = as_researcher.get(CATALOG, {"q": '"lamp lamp"'})
    assert answer.status_code == 503
    assert "leave out the quotation marks, or add a word" in answer.context["problem"]
    OwedIndex.objects.create(definition="CREATE INDEX IF NOT EXISTS product_title_words ON distillation_product (id)")
    assert "try again in a minute" in as_researcher.get(CATALOG, {"q": '"lamp lamp"'}).context["problem"]


@pytest.mark.parametrize("asked", [{}, {"q": "lamp"}, {"category": "Home"}])
def test_what_very_many_match_is_estimated(asked: dict, as_researcher: Client, monkeypatch) -> None:
    monkeypatch.setattr("distillation.catalog.search.MANY", 1_000)
    products(1_200, category="Home")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE distillation_product")
    assert as_researcher.get(CATALOG, asked).context["count_text"] == "about 1,200 products"


def test_an_estimate_that_the_page_belies_is_not_told(as_researcher: Client, monkeypatch) -> None:
    monkeypatch.setattr("distillation.catalog.search.MANY", 1)
    products(50)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE distillation_product")
    Product.objects.filter(asin__gte="B000000007").delete()
    assert as_researcher.get(CATALOG).context["count_text"] == "7 products"


def test_words_are_looked_up_in_their_index() -> None:
    """Against a table scan made unattractive; an expression that differs from the index's could use nothing else."""
    products(10)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    keys = CatalogSearch(words="lamp")._matching(Product.objects.values_list("pk"))
    assert "product_title_words" in keys.explain()
    assert len(_planned(keys)) == 10


@pytest.mark.parametrize(
    ("asked", "word"),
    [("after=abc", "after"), ("before=-1", "before"), (f"after={10**30}", "after"), ("picture=odd", "picture"),
     ("q=%00", "q"), (f"category={'x' * 300}", "category")],
)  # fmt: skip
def test_a_parameter_that_cannot_be_read_is_named(asked: str, word: str, as_researcher: Client) -> None:
    answer = as_researcher.get(f"{CATALOG}?{asked}")
    assert answer.status_code == 400
    assert answer.context["problem"].startswith(f"{word} = ")
    assert answer.content.decode().count('role="alert"') == 1


def test_a_product_shows_its_facts_and_escapes_them(as_researcher: Client) -> None:
    Product.objects.create(
        asin="B1", title="<script>alert(1)</script>", category="<b>", price="1234.5", picture_problem="a <i> of 20 GB"
    )
    html = as_researcher.get(reverse("product", args=["B1"])).content.decode()
    assert "<script>alert" not in html
    for text in ("&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;b&gt;", "US$ 1,234.50", "a &lt;i&gt; of 20 GB"):
        assert text in html


def test_unknown_products_and_imports_are_not_found(as_researcher: Client) -> None:
    for page in ("/catalog/B404/", "/catalog/%00/", "/catalog/..%2F..%2Fetc/", "/imports/404/", f"/imports/{10**30}/"):
        assert as_researcher.get(page).status_code == 404


def test_a_products_cobuys_are_paged_whichever_side_they_are_on() -> None:
    """The 31st of 61 has 30 partners on either side: 25 + 25 + 10."""
    rows = products(61)
    middle = rows[30]
    for other in rows[:30] + rows[31:]:
        a, b = sorted((middle, other), key=lambda one: one.pk)
        CoBuy.objects.create(a=a, b=b)
    first = cobuys_page(middle, Keyset())
    second = cobuys_page(middle, Keyset(after=first.next))
    third = cobuys_page(middle, Keyset(after=second.next))
    assert [len(page.keys) for page in (first, second, third)] == [25, 25, 10]
    assert first.keys + second.keys + third.keys == [row.pk for row in reversed(rows) if row != middle]
    assert cobuys_page(middle, Keyset(before=third.previous)) == second


def test_a_product_links_to_what_it_was_bought_with(as_researcher: Client) -> None:
    a, b = product("B1"), product("B2", "The other")
    CoBuy.objects.create(a=a, b=b)
    html = as_researcher.get(reverse("product", args=["B1"])).content.decode()
    assert '<a href="/catalog/B2/">The other</a>' in html
    assert re.search(r"1 product\W", html)


def test_a_product_shows_its_features_and_who_uses_them(as_researcher: Client) -> None:
    lamp = product("B1")
    feature = Feature.objects.create(key="k", product=lamp, text="It gives light.", raw_reply="raw")
    CoBuy.objects.create(a=lamp, b=product("B2"))
    run("r1")
    RunProduct.objects.update_or_create(product=lamp, defaults={"run": Run.objects.get(), "feature": feature})
    html = as_researcher.get(reverse("product", args=["B1"])).content.decode()
    assert "It gives light." in html
    assert f'<a href="{reverse("run-detail", args=["r1"])}">r1</a>' in html


def test_the_account_of_an_import_adds_up(as_researcher: Client) -> None:
    row = import_row(state="done")
    groups = as_researcher.get(reverse("import-detail", args=[row.pk])).context["progress"]["groups"]
    assert [(group["label"], group["total"]) for group in groups] == [("Product lines", 10), ("Co-buy candidates", 4)]
    for group in groups:
        assert sum(count for _, count in group["parts"]) == group["total"]
    assert ("left out: no title", 3) in groups[0]["parts"]


def test_what_an_import_has_read_and_not_written_is_shown_as_that(as_researcher: Client) -> None:
    row = import_row(account=asdict(CatalogAccount(lines=10, lines_left_out={"no title": 3})))
    group = as_researcher.get(reverse("import-detail", args=[row.pk])).context["progress"]["groups"][0]
    assert group["parts"][-1] == ("not written yet", 10 - 3)


def test_an_import_that_has_just_begun_says_so(as_researcher: Client) -> None:
    row = import_row(account={}, progress={"file": 0, "line": 12_345})
    html = as_researcher.get(reverse("import-detail", args=[row.pk])).content.decode()
    assert "meta.json.gz (file 1 of 1), line 12,345" in html
    assert "appears here as the files are read" in html


def test_an_import_is_polled_until_it_ends(as_researcher: Client) -> None:
    row = import_row()
    page = reverse("import-progress", args=[row.pk])
    answer = as_researcher.get(page)
    assert "hx-get" in answer.content.decode()
    revision = answer.context["progress"]["revision"]
    assert as_researcher.get(page, {"revision": revision}).status_code == 204
    CatalogImport.objects.update(state="refused", message="meta.json.gz looks like csv")
    html = as_researcher.get(page, {"revision": revision}).content.decode()
    assert "hx-get" not in html and "meta.json.gz looks like csv" in html


def test_an_import_shows_some_products_of_each_reason_for_no_picture(as_researcher: Client, tmp_path: Path) -> None:
    stand_in = {"imageURL": ["https://a.example/no-image.gif"]}
    items = [item_2018("B1", **stand_in), item_2018("B2", **stand_in), item_2018("B3", **stand_in), item_2018("B4")]
    imported(write_json(tmp_path / "a.json", *items), download=True)
    page = as_researcher.get(reverse("import-detail", args=[CatalogImport.objects.get().pk]))
    missing = page.context["missing"]
    assert [(each.words, each.count, [one.asin for one in each.examples]) for each in missing.reasons] == [
        ("a stand-in of the shop where it has no picture", 3, ["B1", "B3"]),
        ("no picture given", 1, ["B4"]),
    ]
    assert (missing.products, missing.with_picture, missing.none_came) == (4, 0, True)
    assert "No picture came from any of these files." in page.content.decode()
    assert "No picture came from a.json" in page.content.decode()


def test_pictures_that_are_still_wanted_are_waited_for(as_researcher: Client, tmp_path: Path) -> None:
    imported(write_json(tmp_path / "a.json", item_2018("B1", imageURL=["https://a.example/1.jpg"])), download=True)
    page = as_researcher.get(reverse("import-detail", args=[CatalogImport.objects.get().pk]))
    assert not page.context["missing"].none_came
    assert "No picture came" not in page.content.decode()
