import re

import pytest
from django.test import Client

from annotation.figures.numbers import study_figures
from api.reading import sections
from api.research.figures import FiguresSerializer
from tests.annotation.builders import judge, participant, study

pytestmark = pytest.mark.django_db


def test_the_schema_is_openapi_3_1(db: None) -> None:
    schema = Client().get("/api/v1/schema/").json()
    assert schema["openapi"] == "3.1.0"
    assert set(schema["components"]["securitySchemes"]) == {"token", "session"}


def test_every_operation_tells_its_problems_role_and_scope(db: None) -> None:
    for path, operations in Client().get("/api/v1/schema/").json()["paths"].items():
        for method, operation in operations.items():
            assert {"400", "401", "403", "406", "429"} <= set(operation["responses"]), path
            assert ("404" in operation["responses"]) == ("{" in path)
            assert ("422" in operation["responses"]) == (method in ("post", "patch"))
            assert "Scope `" in operation["description"]


def test_the_figures_are_as_the_schema_tells(db: None) -> None:
    """What is not declared would be left out, what is declared and not there would fail."""
    made = study()
    judge(participant(made))
    figures = study_figures(made).as_dict()
    assert FiguresSerializer(figures).data == figures


def test_the_docs_have_every_operation_and_need_nothing_from_elsewhere(db: None) -> None:
    page = Client().get("/api/v1/docs/")
    html = page.content.decode()
    schema = Client().get("/api/v1/schema/").json()
    n = sum(len(operations) for operations in schema["paths"].values())
    parts = [Client().get("/api/v1/docs/", {"part": part}).content.decode() for part in sections(schema)]
    assert html.count('class="chip"') == sum(part.count('class="chip"') for part in parts) == n
    assert all(f"<code>{path}</code>" in html for path in schema["paths"])
    sent = [
        Client().get("/api/v1/docs/", {"part": part}, headers={"Accept-Encoding": "gzip"})
        for part in ("", *sections(schema))
    ]
    assert max(len(each.content) for each in sent) < 60_000  # beside 35,000 of styles and scripts
    for part in parts:
        assert set(re.findall(r'href="#(form-\w+)"', part)) <= set(re.findall(r'id="(form-\w+)"', part))
    assert "script-src" not in page["Content-Security-Policy"]  # default-src 'self' stands
    assert "://" not in html


def test_the_docs_tell_what_a_route_takes_and_answers(db: None) -> None:
    told = sections(Client().get("/api/v1/schema/").json())["runs"]
    start = next(each for each in told if (each.method, each.path) == ("POST", "/api/v1/runs"))
    takes = {each.name: each for each in start.takes}
    assert takes["temperature"].kind == "number ≥ 0 ≤ 2.0 (default 0.2)"
    assert (takes["name"].is_required, takes["relations"].words) == (True, "a preset, or codes with commas")
    assert ("201", "", "RunMoved") in start.answers
