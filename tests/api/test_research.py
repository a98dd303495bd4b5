"""What researchers ask: catalog, runs, intentions, studies."""

import csv
from io import StringIO

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from annotation.figures.numbers import study_figures
from annotation.models import Study
from distillation.catalog import search as catalog_search
from distillation.models import Run, Verdict
from tests.annotation.builders import judge, participant, show_pictures, study
from tests.api.builders import program, send
from tests.distillation.builders import cobuys, finished_run, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(researcher: User) -> Client:
    return program(researcher)


def results(client: Client, address: str) -> list[dict]:
    return client.get(f"/api/v1/{address}").json()["results"]


def test_products_are_searched_as_in_the_catalog(rosa: Client) -> None:
    cobuys(2)
    assert [each["asin"] for each in results(rosa, "products?q=B000000002")] == ["B000000002"]
    assert results(rosa, "products?picture=stored") == []


def test_a_product_tells_where_its_picture_is(rosa: Client) -> None:
    cobuys(1)
    assert rosa.get("/api/v1/products/B000000000").json()["picture"] is None
    show_pictures()
    address = rosa.get("/api/v1/products/B000000000").json()["picture"]
    assert rosa.get(address)["Content-Type"] == "image/jpeg"
    assert Client().get(address).status_code == 401


def test_cobuys_are_found_by_either_product(rosa: Client) -> None:
    first, second = cobuys(2)
    for asin in (second.a.asin, second.b.asin):
        assert [each["id"] for each in results(rosa, f"cobuys?asin={asin}")] == [second.pk]
    assert rosa.get(f"/api/v1/cobuys/{first.pk}").json()["a"]["asin"] == first.a.asin
    assert results(rosa, "cobuys?asin=none") == []


def test_pages_follow_one_another_to_the_end(rosa: Client) -> None:
    finished_run(3)  # of 2 relations: 6 intentions
    seen, address = [], "/api/v1/intentions?limit=4"
    while address:
        page = rosa.get(address).json()
        seen.append([each["id"] for each in page["results"]])
        address = page["next"]
    assert [len(ids) for ids in seen] == [4, 2]
    ids = [pk for page in seen for pk in page]
    assert ids == sorted(ids, reverse=True)


def test_intentions_are_filtered(rosa: Client) -> None:
    made = finished_run(3)  # p_yes 0.9, 0.2, 0.9, 0.2, … for isA, usedFor of each pair
    run("other")
    assert len(results(rosa, "intentions?run=r1")) == 6
    assert results(rosa, "intentions?run=other") == []
    assert {each["relation"] for each in results(rosa, "intentions?kept=true")} == {"isA"}
    assert len(results(rosa, "intentions?kept=false&relation=usedFor")) == 3
    assert len(results(rosa, f"intentions?cobuy={made.intentions.first().cobuy_id}")) == 2


def test_kept_follows_strictness_and_the_plain_answer_without_p_yes(rosa: Client) -> None:
    made = finished_run(1)  # one of 0.9, one of 0.2
    Run.objects.update(strictness=0.95)
    assert results(rosa, "intentions?kept=true") == []
    Verdict.objects.filter(yes=True).update(p_yes=None)
    kept = results(rosa, "intentions?kept=true")
    assert [(each["verdict"]["p_yes"], each["verdict"]["kept"]) for each in kept] == [(None, True)]
    assert len(results(rosa, "intentions?kept=false")) == made.intentions.count() - 1


def test_a_page_costs_the_same_few_queries_whatever_is_on_it(
    rosa: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    finished_run(20)
    study(run=Run.objects.get())
    rosa.get("/api/v1/runs")  # the token's use is noted now
    for address, most in (("intentions", 3), ("cobuys", 3), ("studies", 5), ("runs", 3), ("products", 9)):
        with django_assert_max_num_queries(most):
            assert rosa.get(f"/api/v1/{address}").status_code == 200


def test_an_intention_has_its_raw_replies(rosa: Client) -> None:
    pk = finished_run(1).intentions.first().pk
    told = rosa.get(f"/api/v1/intentions/{pk}").json()
    assert (told["raw_reply"], told["raw_verdict"], told["backend"]) == ("raw", "raw", "baseline")


def test_a_run_is_started_and_the_same_again_goes_on(rosa: Client) -> None:
    cobuys(2)
    asked = {"name": "r2", "backend": "baseline", "relations": "usedFor", "with_images": False}
    first, again = (send(rosa, "runs", **asked) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["run"]["state"] == "running"
    status = rosa.get("/api/v1/runs/r2/status").json()
    assert (status["cobuys"], status["units"], status["owed"], status["unaccounted"]) == (2, 2, 2, 0)
    refused = send(rosa, "runs", **asked | {"relations": "isA"})
    assert (refused.status_code, "exists with other settings" in refused.json()["detail"]) == (422, True)


def test_a_run_is_steered_as_on_its_page(rosa: Client) -> None:
    cobuys(1)
    run("r2")
    for verb, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        assert send(rosa, f"runs/r2/{verb}").json()["run"]["state"] == state
    refused = send(rosa, "runs/r2/pause")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:mindsite:refused")
    assert refused.json()["detail"] == "Run r2 is cancelled: only a running run can be paused"


def test_nothing_failed_so_nothing_is_asked_again(rosa: Client) -> None:
    cobuys(1)
    run("r2")
    assert send(rosa, "runs/r2/retry").status_code == 409


def test_a_study_is_made_with_its_protocol(rosa: Client) -> None:
    finished_run()
    rules = {"fast": {"limit": 0.5, "least": 10}, "alarm": 0.2}
    made = send(
        rosa, "studies", name="S", runs=["r1"], items=4, overlap=2, strata=["relation"], state="paused",
        allocation="usedFor: 3, isA: 1", rules=rules, wording={"plausibility": "Really?"},
    ).json()  # fmt: skip
    study = Study.objects.get(pk=made["study"]["id"])
    assert study.items.filter(stratum="usedFor").count() == 3
    assert study.rules == {"fast": {"limit": 0.5, "least": 10, "seconds": 3.0}, "alarm": 0.2}
    assert (study.questions[0].text, study.state, study.created_by.username) == ("Really?", "paused", "rosa")
    assert "there are 0 so far" in made["warnings"][0]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"runs": ["none"]}, "There is no run named none"),
        ({"groups": ["none"]}, "There is no group named none"),
        ({"items": 100}, "The study asks for 100 items"),
        ({"allocation": "usedFor: 100"}, "There is no stratum usedFor"),
    ],
)
def test_a_study_that_cannot_be_is_refused_in_the_pages_words(rosa: Client, changed: dict, words: str) -> None:
    finished_run()
    refused = send(rosa, "studies", **{"name": "S", "runs": ["r1"], "items": 4, **changed})
    assert (refused.status_code, refused.json()["detail"].startswith(words)) == (422, True), refused.json()
    assert not Study.objects.exists()


def test_runs_are_compared_in_a_paired_study(rosa: Client) -> None:
    finished_run()
    finished_run(name="r2")
    made = send(rosa, "studies", name="S", runs=["r1", "r2"], items=4, overlap=1, paired=True).json()["study"]
    drawn = Study.objects.get(pk=made["id"]).items.values_list("intention__cobuy", "relation", "run__name")
    of = {name: {(cobuy, relation) for cobuy, relation, run in drawn if run == name} for name in ("r1", "r2")}
    assert made["paired"] and len(of["r1"]) == 2 and of["r1"] == of["r2"]
    refused = send(rosa, "studies", name="T", runs=["r1"], items=4, overlap=1, paired=True)
    assert (refused.status_code, refused.json()["detail"][:27]) == (422, "Runs are compared in pairs;")


def test_a_study_is_paused(rosa: Client) -> None:
    made = study()
    assert send(rosa, f"studies/{made.pk}", method="patch", state="paused").json()["state"] == "paused"
    assert [each["id"] for each in results(rosa, "studies?state=paused")] == [made.pk]


def test_figures_and_export_are_those_of_the_pages(rosa: Client, as_researcher: Client) -> None:
    made = study()
    judge(participant(made))
    assert rosa.get(f"/api/v1/studies/{made.pk}/figures").json()["judgments"] == 1
    assert study_figures(made).as_dict()["judgments"] == 1
    exported = b"".join(rosa.get(f"/api/v1/studies/{made.pk}/judgments.csv"))
    assert exported == b"".join(as_researcher.get(f"/studies/{made.pk}/judgments.csv"))
    assert len(list(csv.DictReader(StringIO(exported.decode())))) == 1


def test_a_search_that_takes_too_long_says_so(rosa: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog_search, "LIMITS", "SET LOCAL statement_timeout = 1; SELECT pg_sleep(9)")
    refused = rosa.get("/api/v1/products?q=socks")
    assert (refused.status_code, refused.json()["detail"][:27]) == (503, "This search takes too long:")
