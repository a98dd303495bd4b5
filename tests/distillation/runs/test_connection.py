"""The connection is tested from page, command and API before a run is started."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.test.utils import override_settings

from accounts.models import User
from distillation.lvlm.openai.abilities import Abilities
from distillation.runs.pages.lists import config_rows
from tests.api.builders import JSON, program
from tests.distillation.builders import cobuys, run
from tests.distillation.odd_server import Told, images, plain, refused, serving

pytestmark = pytest.mark.django_db


def check(*words: str) -> str:
    out = StringIO()
    call_command("check_server", *words, stdout=out)
    return out.getvalue()


def test_the_command_says_what_each_lack_costs() -> None:
    with serving() as server:
        said = check(server.url)
        row = json.loads(check(server.url, "--json"))
    assert "serves m and can be used (6 calls made)" in said
    assert "no probabilities: verdicts count as 1 or 0" in said
    assert (row["ok"], row["models"], row["abilities"]["top_logprobs"]) == (True, ["m"], 0)


def test_the_command_ends_with_what_stands_in_the_way() -> None:
    def text_only(body: dict, n: int) -> Told:
        return refused(400, "m is not a multimodal model") if images(body) else plain(body, n)

    with serving(text_only) as server:
        with pytest.raises(CommandError, match="takes no pictures"):
            check(server.url)
        assert "can be used" in check(server.url, "--no-images")


@pytest.mark.parametrize("url", ["gpu:8000", "http://u:pw@gpu:8000", "http://169.254.169.254"])
def test_what_is_no_servers_address_is_refused(url: str) -> None:
    with pytest.raises(CommandError):
        check(url)


def asked(client: Client, url: str, **more: object) -> tuple[int, str]:
    answer = client.post(
        "/runs/connection", {"base_urls": url, "model": "", "max_tokens": 512, "with_images": "on", **more}
    )
    return answer.status_code, " ".join(answer.content.decode().split())


def test_the_page_shows_it_beside_the_form(as_researcher: Client) -> None:
    with serving() as server:
        status, shown = asked(as_researcher, server.url)
    assert (status, f"{server.url}/v1 can be used, with m." in shown) == (200, True)
    assert 'hx-post="/runs/connection"' in as_researcher.get("/runs/new/").content.decode()


def test_the_page_goes_only_where_the_operator_allows(as_researcher: Client) -> None:
    with serving() as server, override_settings(LVLM_HOSTS=["gpu-a"]):
        status, shown = asked(as_researcher, server.url)
        assert (status, server.paths) == (422, [])
    assert "not among the model servers that the operator allows" in shown
    assert asked(as_researcher, "")[0] == 422


def test_only_researchers_test_connections(as_annotator: Client) -> None:
    assert asked(as_annotator, "http://gpu-a")[0] == 403


def test_the_api_gives_the_same_rows(researcher: User) -> None:
    with serving() as server:
        body = {"base_urls": [server.url], "with_images": False}
        answer = program(researcher).post("/api/v1/servers/check", body, content_type=JSON)
    (row,) = answer.json()["servers"]
    assert (answer.status_code, row["ok"], row["url"], row["model"]) == (200, True, f"{server.url}/v1", "m")


def test_a_runs_configuration_says_what_its_servers_lack() -> None:
    cobuys(1)
    servers = {"http://gpu/v1": Abilities(uuids=True, top_logprobs=0).as_dict()}
    made = run(backend="openai", model="m", base_urls=["http://gpu"], servers=servers)
    words = "http://gpu/v1: no probabilities: verdicts count as 1 or 0; the threshold curve will be a step"
    assert ("Model servers", words) in config_rows(made)
