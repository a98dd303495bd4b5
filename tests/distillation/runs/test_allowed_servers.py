"""Whom a run may ask, and with which key: what pages and the API name is what the operator lists (LVLM_HOSTS)."""

import socket
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from distillation.lvlm.base import Unfit
from distillation.models import Run
from distillation.runs.servers import run_backend
from tests.api.builders import program, send
from tests.distillation.builders import cobuys, finished_run, run
from tests.distillation.odd_server import OddServer, serves, serving

pytestmark = pytest.mark.django_db
NOT_ALLOWED = "not among the model servers that the operator allows"


@pytest.fixture
def elsewhere(settings) -> Iterator[OddServer]:
    """A server that the operator does not list."""
    settings.LVLM_HOSTS, settings.LVLM_API_KEY = ["gpu-a"], "sk-of-the-lab"
    with serving() as server:
        yield server


def test_without_a_list_pages_name_this_machine_only(as_researcher: Client, settings) -> None:
    form = {"base_urls": "http://gpu-b:8000", "max_tokens": 512}
    assert NOT_ALLOWED in as_researcher.post("/runs/connection", form).content.decode()
    assert settings.LVLM_HOSTS == ["127.0.0.1", "localhost", "[::1]"]


def test_no_route_leads_a_researcher_to_another_server(researcher: User, elsewhere: OddServer) -> None:
    control = finished_run(2, backend="openai", model="m", base_urls=["http://gpu-a"])
    client = program(researcher)
    asked = {"backend": "openai", "model": "m", "base_urls": [elsewhere.url], "relations": "isA"}
    allowed = {**asked, "base_urls": ["http://gpu-a"], "filter_model": "m", "filter_base_urls": [elsewhere.url]}
    answers = [
        send(client, "servers/check", base_urls=[elsewhere.url]),
        send(client, "runs", name="typed", **asked),
        send(client, "runs", name="typed", **allowed),
        *(
            send(client, "experiments", name="e", control=control.name, vary={factor: [f"m2@{elsewhere.url}"]})
            for factor in ("model", "filter-model")
        ),
    ]
    assert [NOT_ALLOWED in answer.json()["detail"] for answer in answers] == [True] * 5
    assert (elsewhere.paths, Run.objects.count()) == ([], 1)


def test_a_command_may_name_any_and_the_worker_goes_there(elsewhere: OddServer) -> None:
    cobuys(1)
    words = ("--backend", "openai", "--base-url", elsewhere.url, "--model", "m", "--no-images")
    call_command("distill", "--run", "r1", *words, stdout=StringIO())
    assert elsewhere.headers[0]["Authorization"] == "Bearer sk-of-the-lab"
    run_backend(Run.objects.get())


def test_a_run_started_on_a_page_ends_when_its_server_leaves_the_list(elsewhere: OddServer) -> None:
    cobuys(1)
    with pytest.raises(Unfit, match=NOT_ALLOWED):
        run_backend(run(backend="openai", model="m", base_urls=[elsewhere.url]))


def test_a_name_that_leads_to_a_clouds_secrets_is_not_followed(monkeypatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(CommandError, match="leads to a link-local or metadata address"):
        call_command("check_server", "http://gpu-a.example", stdout=StringIO())


def test_a_key_bound_to_another_server_is_not_sent(settings) -> None:
    settings.LVLM_API_KEY, settings.LVLM_API_KEYS = "sk-all", {"api.example": "sk-theirs", "127.0.0.1": ""}
    with serving() as server:
        call_command("check_server", server.url, stdout=StringIO())
    assert {headers["Authorization"] for headers in server.headers} == {None}


def test_what_is_no_models_name_is_not_shown(as_researcher: Client) -> None:
    with serving() as server:
        server.models = lambda n: serves("m", "secret" * 50)
        said = as_researcher.post("/runs/connection", {"base_urls": server.url, "model": "x", "max_tokens": 512})
    assert "secret" not in said.content.decode()
