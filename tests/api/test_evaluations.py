from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from research.evaluations.services import evaluation_ask
from tests.api.builders import program
from tests.research.evaluations.builders import QUESTIONS, evaluated, folder, right, server, started

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(researcher: User) -> Client:
    return program(researcher)


def test_results_are_those_of_the_page(rosa: Client, tmp_path: Path) -> None:
    evaluated(tmp_path, lambda prompt: f"({right(prompt)})")
    told = rosa.get("/api/v1/evaluations/base").json()
    (task,) = told["tasks"]
    assert (task["strict"]["value"], task["lenient"]["value"], task["invalid"]) == (0.0, 1.0, QUESTIONS)
    assert [each["name"] for each in rosa.get("/api/v1/evaluations").json()["results"]] == ["base"]


def test_every_answer_is_there(rosa: Client, tmp_path: Path) -> None:
    evaluated(tmp_path)
    rows = rosa.get("/api/v1/evaluations/base/answers").json()["results"]
    assert {row["question"]: row["strict"] for row in rows} == {f"FS_{n}": "ABCD"[n % 4] for n in range(QUESTIONS)}


def test_a_comparison_by_names(rosa: Client, tmp_path: Path) -> None:
    evaluated(tmp_path, lambda prompt: "A")
    with server(right) as odd:
        evaluation_ask(evaluation=started(folder(tmp_path), odd.url, name="tuned"))
    told = rosa.get("/api/v1/evaluation-comparison?before=base&after=tuned").json()
    assert told["speaks_of"] == "this adapter, not this method"
    assert (told["tasks"][0]["strict"]["won_b"], told["tasks"][0]["strict"]["lost_c"]) == (6, 0)


def test_what_can_not_be_compared_is_a_problem(rosa: Client, tmp_path: Path) -> None:
    evaluated(tmp_path)
    assert (
        "no evaluation named tuned"
        in rosa.get("/api/v1/evaluation-comparison?before=base&after=tuned").content.decode()
    )
    twice = rosa.get("/api/v1/evaluation-comparison?before=base&after=base")
    assert (twice.status_code, "are one evaluation" in twice.content.decode()) == (409, True)
