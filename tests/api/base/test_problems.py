from urllib.parse import unquote

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from annotation.models import Study
from tests.annotation.builders import study
from tests.api.builders import JSON, program, send

pytestmark = pytest.mark.django_db

PROBLEM = "application/problem+json"
MEMBERS = {"type", "title", "status", "detail", "instance"}


@pytest.fixture
def rosa(researcher: User) -> Client:
    return program(researcher)


def told(answer) -> dict:
    """The problem, checked to be one."""
    problem = answer.json()
    assert answer["Content-Type"] == PROBLEM
    assert set(problem) >= MEMBERS
    assert problem["status"] == answer.status_code
    return problem


@pytest.mark.parametrize(
    "address", ["runs/none", "runs/none/status", "studies/1", "nothing", "studies/x", "runs/%00", "pictures/%0A"]
)
def test_what_is_not_there(rosa: Client, address: str) -> None:
    problem = told(rosa.get(f"/api/v1/{address}"))
    assert (problem["status"], problem["instance"]) == (404, unquote(f"/api/v1/{address}"))


def test_a_number_too_large_for_a_key_is_not_there(rosa: Client) -> None:
    for what in ("studies", "intentions", "cobuys", "judgments"):
        assert told(rosa.get(f"/api/v1/{what}/{'9' * 30}"))["status"] == 404


def test_a_method_that_is_none(rosa: Client) -> None:
    answer = rosa.put("/api/v1/studies", {}, content_type=JSON)
    assert told(answer)["status"] == 405
    assert answer["Allow"] == "GET, HEAD, POST"


def test_a_form_of_answer_that_there_is_none_of(rosa: Client) -> None:
    assert told(rosa.get("/api/v1/studies", headers={"Accept": "text/html"}))["status"] == 406


def test_a_form_of_request_that_there_is_none_of(rosa: Client) -> None:
    assert told(rosa.post("/api/v1/studies", {"name": "S"}))["status"] == 415


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff", b'{"name": NaN}', b'{"name": "\\ud800"}', b"[" * 100_000],
    ids=["half", "not UTF-8", "NaN", "lone surrogate", "bottomless"],
)
def test_a_body_that_is_no_json(rosa: Client, body: bytes) -> None:
    problem = told(rosa.post("/api/v1/studies", body, content_type=JSON))
    assert (problem["status"], problem["detail"][:15]) == (400, "The body is no ")


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'"x"'])
def test_a_body_that_is_no_object(rosa: Client, body: bytes) -> None:
    assert told(rosa.post("/api/v1/studies", body, content_type=JSON))["status"] == 422


def test_a_body_that_is_too_large(rosa: Client, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert told(send(rosa, "studies", name="more than ten bytes"))["status"] == 413


def test_errors_are_told_by_field(rosa: Client) -> None:
    problem = told(send(rosa, "studies", name="", runs=[], items=0, rules={"gold": {"limit": 2}}))
    assert problem["status"] == 422
    assert set(problem["errors"]) == {"name", "runs", "items", "rules.gold.limit", "rules.gold.least"}


@pytest.mark.parametrize("name", ["owner__password", "created_by__password", "format", "ordering", "run__name"])
def test_a_parameter_that_is_none_is_refused_with_those_that_are(rosa: Client, name: str) -> None:
    problem = told(rosa.get(f"/api/v1/studies?{name}=x"))
    assert problem["status"] == 400
    assert problem["errors"] == {name: ["This address has no such parameter; it takes cursor, limit, state"]}


@pytest.mark.parametrize(
    "query", ["cursor=x", "cursor=0", f"cursor={'9' * 30}", "limit=501", "state=shut", "state=&state="]
)
def test_a_parameter_that_cannot_be_so(rosa: Client, query: str) -> None:
    assert told(rosa.get(f"/api/v1/studies?{query}"))["status"] == 400


def test_a_text_with_nul_is_refused(rosa: Client) -> None:
    assert told(send(rosa, "studies", name="a\0b", runs=["r1"], items=1))["status"] == 422
    assert told(rosa.get("/api/v1/intentions?run=a%00b"))["status"] == 400


def test_who_asks_too_often_is_told_when_to_come_again(rosa: Client, settings: Settings) -> None:
    rates = {"caller": "2/min", "anonymous": "1/min"}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}
    cache.clear()
    answers = [rosa.get("/api/v1/runs") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert told(answers[-1])["status"] == 429
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert [Client().get("/api/v1/runs").status_code for _ in range(2)] == [401, 429]
    cache.clear()


@pytest.mark.django_db(transaction=True)  # the figures' own transaction ends with them
def test_a_fault_of_ours_tells_nothing_of_itself(rosa: Client, researcher: User) -> None:
    made: Study = study()
    Study.objects.filter(pk=made.pk).update(scales=[{"secret": 1}])
    answer = rosa.get(f"/api/v1/studies/{made.pk}/figures")
    assert told(answer)["status"] == 500
    assert "secret" not in answer.content.decode()
    assert "Traceback" not in answer.content.decode()
