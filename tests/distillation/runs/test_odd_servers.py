"""Runs against servers that each speak the OpenAI API in their own way: right answers, or a true refusal."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from distillation.catalog.pictures.store import picture_store
from distillation.lvlm.openai import servers, waiting
from distillation.models import Failure, Feature, Intention, Product, Run, Verdict
from distillation.tasks import advance_run
from tests.distillation.builders import cobuys

SERVERS = Path(__file__).parents[4] / "shared" / "bench" / "odd_servers.py"
PICTURES = sorted((Path(__file__).parents[3] / "distillation" / "sample" / "img").glob("*.jpg"))
RELATIONS = "usedFor,isA,can"
N_COBUYS, N_UNITS = 6, 6 * 3
FEATURE = "A small brown leather item with a smooth surface."
INTENTION = "They could be used for going on a short trip together."
REASON = "Because I would take both along on a trip."
GOOD = (
    *("plain", "think", "think_long", "reasoning", "parts", "strict", "newer", "no_logprobs", "five_logprobs"),
    *("no_system", "forgets_pictures", "rate_ms", "error_in_200", "zipped", "finish_null", "no_models", "versioned"),
)
REFUSED = {
    "reasoning_only": "spends all its room on reasoning and never answers",
    "text_only": "takes no pictures",
    "one_picture": "takes 1 picture in a call, a co-buy has 2: put them side by side",
    "quota": "says that the quota is used up",
    "all_fail": "refuses even the simplest call .400: This model's settings are broken",
    "short_context": "has no room for a call of this run .400: This model's maximum context length is 512",
    "web_page": "answers with a web page, not a chat completion",
    "german": "does not answer in English",
}
MOST_MORE = 8  # calls, than against a server that refuses nothing
# What takes it half a minute is over in three seconds: its clock goes ten times as fast.
FAST = """
import runpy, sys, time
true_time, began = time.time, time.time()
time.time = lambda: began + 10 * (true_time() - began)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("odd")


@pytest.fixture(scope="module")
def server(logs: Path) -> Iterator[str]:
    if not SERVERS.exists():
        pytest.skip("../shared/bench/odd_servers.py is not there")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [str(SERVERS), "--port", str(port), "--log", str(logs)]
    process = subprocess.Popen([sys.executable, "-c", FAST, *words])
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "FIRST_BACKOFF_S", 0.01)
    monkeypatch.setattr(waiting, "LONGEST_WAIT_S", 0.2)


def url_of(server: str, persona: str) -> str:
    return f"{server}/{persona}/v1" + ("?api-version=2024-10-21" if persona == "versioned" else "")


def start(url: str, *words: str, n_cobuys: int = N_COBUYS) -> Run:
    cobuys(n_cobuys)
    for product, picture in zip(Product.objects.all(), PICTURES, strict=False):
        Product.objects.filter(pk=product.pk).update(picture=picture_store(picture.read_bytes()))
    asked = ("--backend", "openai", "--base-url", url, "--model", "m", "--relations", RELATIONS)
    call_command("distill", "--run", "r1", *asked, *words, stdout=StringIO())
    return Run.objects.get()


def go_on(run: Run, *, seconds: float = 60, rest_s: float = 0.1) -> Run:
    """As the sweep would, again and again until it is done or paused."""
    until = time.monotonic() + seconds
    while True:
        advance_run(run.pk)
        run.refresh_from_db()
        if run.state != Run.State.RUNNING or time.monotonic() > until:
            return run
        time.sleep(rest_s)


def assert_all_right(run: Run) -> None:
    assert (run.state, run.message, Failure.objects.count()) == ("done", "", 0)
    assert set(Feature.objects.values_list("text", flat=True)) == {FEATURE}
    assert Intention.objects.filter(text=INTENTION).count() == N_UNITS
    assert Verdict.objects.filter(yes=True, reason=REASON, p_yes=None).count() == N_UNITS


def calls(logs: Path, persona: str) -> int:
    return len((logs / f"{persona}.jsonl").read_text().splitlines())


@pytest.mark.parametrize("persona", GOOD)
def test_a_run_ends_with_right_intentions_and_verdicts(server: str, logs: Path, persona: str) -> None:
    assert_all_right(go_on(start(url_of(server, persona))))
    if persona not in ("rate_ms", "error_in_200"):  # these turn calls away, they refuse nothing
        assert calls(logs, persona) - calls(logs, "plain") <= MOST_MORE


@pytest.mark.parametrize("persona", REFUSED)
def test_a_run_that_could_not_end_well_does_not_start(server: str, persona: str) -> None:
    with pytest.raises(CommandError, match=REFUSED[persona]) as refused:
        start(url_of(server, persona))
    assert len(str(refused.value).splitlines()) == 1
    assert (Run.objects.count(), Feature.objects.count()) == (0, 0)


def test_a_server_without_pictures_takes_a_run_without_them(server: str) -> None:
    assert_all_right(go_on(start(url_of(server, "text_only"), "--no-images")))


def test_a_server_of_one_picture_takes_both_on_one_canvas(server: str) -> None:
    run = go_on(start(url_of(server, "one_picture"), "--side-by-side"))
    assert_all_right(run)
    assert run.config["side_by_side"]


def test_half_a_minute_of_429_is_waited_out_and_said(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as as_it_asks:
        as_it_asks.setattr(waiting, "LONGEST_WAIT_S", 30.0)
        run = start(url_of(server, "rate"))
        advance_run(run.pk)
    run.refresh_from_db()
    assert re.match(r"Waiting for the model server: .*429: Rate limit reached", run.message)
    assert_all_right(go_on(run))
