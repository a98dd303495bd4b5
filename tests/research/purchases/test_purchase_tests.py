import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from annotation.design.services import study_create
from distillation.models import CoBuy, Intention, Purchase, Run
from distillation.pipeline.prompts import PromptSet
from research.diversity.embedding import is_there
from research.models import PurchaseTest
from research.purchases.releases import release_words, released
from tests.annotation.builders import rate_all
from tests.api.builders import program
from tests.research.purchases.builders import AFTER, UNTIL, shop, shop_run

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def run(module_db: None) -> Run:
    """30 co-buys before the day and 15 after it; every second intention is kept."""
    shop()
    return shop_run()


def purchase_test(run: Run, name: str = "t", **options: object) -> dict:
    out = StringIO()
    call_command("purchase_test", name, run=run.name, until=UNTIL, json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def test_transfer_asks_what_was_bought_after_the_day(run: Run) -> None:
    found = purchase_test(run)
    # 15 co-buys after the day; each has 60 products less both, known partners and those of near-identical titles.
    assert found["queries"] == 15 and 50 <= found["candidates"] <= 59
    assert found["left_out"]["intentions of co-buys after the date"] == 30
    arms = [arm["name"] for arm in found["rankers"]["bm25"]["arms"]]
    assert arms == ["title", "partners", "kept", "rejected", "all", "shuffled"]
    assert set(found["rankers"]["bm25"]["differences"]) == {"title", "partners", "shuffled"}


def test_no_intention_of_the_pair_to_be_predicted_is_read(run: Run) -> None:
    """Said of pairs after the day, a partner's very title would put it first."""
    later = Intention.objects.filter(run=run, cobuy__bought_at__date__gt=UNTIL)
    for told in later.select_related("cobuy__a", "cobuy__b"):
        both = f"{told.cobuy.a.title} and {told.cobuy.b.title}"
        Intention.objects.filter(pk=told.pk).update(text=f"They want {both}")
    assert purchase_test(run)["rankers"]["bm25"]["predicts"] is False
    naive = purchase_test(run, design="naive")
    assert naive["rankers"]["bm25"]["arms"][1]["mrr"]["value"] > 0.9
    assert naive["leak"]["share"] > 0.5 and not naive["rankers"]["bm25"]["by_relation"]


def test_cobuys_without_a_date_are_left_out_and_counted(run: Run) -> None:
    undated = CoBuy.objects.filter(bought_at__date__lt=UNTIL).order_by("pk")[:5].values("pk")
    CoBuy.objects.filter(pk__in=list(undated.values_list("pk", flat=True))).update(bought_at=None)
    assert purchase_test(run)["left_out"]["intentions of co-buys without a date"] == 10  # two relations each


def test_purchases_of_one_customer_say_so(run: Run) -> None:
    late = CoBuy.objects.filter(bought_at=AFTER).values_list("a_id", "b_id")
    bought = {product for pair in late for product in pair}
    Purchase.objects.bulk_create(Purchase(buyer=7, product_id=product, at=AFTER) for product in bought)
    found = purchase_test(run)
    assert found["customers"] == 1 and found["rankers"]["bm25"]["differences"]["title"]["ci95"] is None
    assert found["warnings"][0].startswith("All purchases are of one customer")


def test_wrong_partners_of_the_category_are_fewer(run: Run) -> None:
    assert purchase_test(run, negatives="category")["candidates"] <= 30  # half of 60


def test_the_same_test_again_replaces_itself_alike(run: Run) -> None:
    assert purchase_test(run) == purchase_test(run)
    assert PurchaseTest.objects.count() == 1


def test_the_page_shows_designs_and_calls_the_naive_one_leaky(run: Run, as_researcher: Client) -> None:
    purchase_test(run, "both")
    purchase_test(run, "both", design="naive")
    page = as_researcher.get("/research/purchases/both/?ranker=tf-idf").content.decode()
    assert page.index("Transfer") < page.index("Leaky") and "Only 15 purchases could be asked about" in page
    assert "baseline: rules on titles and pixels, no model" in page
    row = PurchaseTest.objects.get(design="naive")
    text = as_researcher.get(f"/research/purchases/{row.pk}/bm25/arms.csv").content.decode()
    assert "Title + intentions of the very pair" in text
    assert "both" in as_researcher.get("/research/purchases/").content.decode()


def test_groups_of_too_few_stand_in_one_list(run: Run, as_researcher: Client) -> None:
    purchase_test(run, "few")
    page = as_researcher.get("/research/purchases/few/").content.decode()
    few = page[page.index("Too few co-buys to say") :]
    assert "Each relation’s intentions alone" in few and "co-buys at most in each of" in few


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"until": date(2020, 1, 1)},
            "after 2020-01-01: the 45 with a date are from 2018-03-01",
        ),
        ({"until": date(2999, 1, 1)}, "nothing has been bought after it yet"),
        ({"design": "one-sided"}, "saw both products: start one with distill --prompts one-sided-1"),
        ({"run": "nowhere"}, "There is no run named nowhere"),
    ],
)
def test_what_cannot_be_asked_is_one_line(run: Run, options: dict, said: str) -> None:
    asked = {"run": run.name, "until": UNTIL, **options}
    with pytest.raises(CommandError) as refused:
        call_command("purchase_test", "t", stdout=StringIO(), **asked)
    assert said in str(refused.value) and not PurchaseTest.objects.exists()


def test_a_name_is_of_one_run_and_day(run: Run) -> None:
    purchase_test(run)
    with pytest.raises(CommandError, match="is a test of run shop until 2018-09-01: use another name"):
        call_command("purchase_test", "t", run=run.name, until=UNTIL.replace(month=8), stdout=StringIO())


def test_a_model_that_came_out_later_is_marked() -> None:
    assert released("Qwen/Qwen2.5-VL-7B-Instruct").year == 2025
    made = Run(name="r", backend="openai", model="llava-hf/llava-1.5-13b-hf")
    assert "came out on 5 Oct 2023, as its makers say, after the date" in release_words(made, UNTIL)
    assert "on 1 May 2024, as was told, after" in release_words(made, UNTIL, UNTIL.replace(year=2024, month=5, day=1))
    assert release_words(made, UNTIL.replace(year=2024)) == ""
    assert "is not known" in release_words(Run(backend="openai", model="ours"), UNTIL)
    assert release_words(Run(backend="baseline", model="rules-1"), UNTIL) == ""


@pytest.mark.parametrize(
    ("model", "day"),
    [
        ("liuhaotian/llava-v1.5-13b", date(2023, 10, 5)),
        ("Qwen/Qwen2.5-VL-32B-Instruct", date(2025, 3, 25)),  # two months after the others of its series
        ("gpt-4o-2024-08-06", date(2024, 8, 6)),
        ("gpt-4o", None),  # whatever it is at the time
        ("OpenGVLab/InternVL2_5-8B", None),
        ("me/llava-1.5-13b-hf-purchases", None),
        ("gpt-4o-2024-99-06", None),
    ],
)
def test_only_whole_names_that_makers_gave_have_a_day(model: str, day: date | None) -> None:
    assert released(model) == day


def test_a_run_that_saw_one_product_is_asked_of_that_one(run: Run) -> None:
    prompts = PromptSet.load("one-sided-1")
    seen = {"prompt_version": prompts.version, "prompt_digest": prompts.digest}
    Run.objects.filter(pk=run.pk).update(config={**run.config, **seen})
    found = purchase_test(run, design="one-sided")
    assert [arm["name"] for arm in found["rankers"]["bm25"]["arms"]] == ["title", "kept", "shuffled"]
    assert found["queries"] == 15 and not found["rankers"]["bm25"]["by_label"]
    with pytest.raises(CommandError, match="saw one product only: give --design one-sided"):
        purchase_test(run)


def test_people_s_labels_are_those_of_the_intentions_that_were_used(run: Run) -> None:
    judged = study_create(name="judged", runs=[run], items=60, overlap=1)
    rate_all(judged, {item.pk: [(0, 0)] for item in judged.items.all()})
    labels = purchase_test(run)["rankers"]["bm25"]["by_label"]
    by_name = {row["name"]: row["queries"] for row in labels}
    assert by_name["not plausible"] > by_name["typical"] == 0 and sum(by_name.values()) == 15


@pytest.mark.skipif(not is_there(), reason="the extra for embeddings is not installed")
def test_with_the_extra_there_are_vectors_and_a_hybrid(run: Run) -> None:
    assert list(purchase_test(run)["rankers"]) == ["bm25", "tf-idf", "minilm", "hybrid"]


def test_the_api_has_what_the_page_shows(run: Run, researcher: User) -> None:
    purchase_test(run, design="naive")
    caller = program(researcher)
    listed = caller.get("/api/v1/purchase-tests").json()["results"][0]
    assert (listed["name"], listed["run"], listed["leaky"]) == ("t", "shop", True)
    full = caller.get(f"/api/v1/purchase-tests/{listed['id']}").json()
    assert full["results"]["rankers"]["bm25"]["main"] == "pair"
