"""kill -9 of broker, database and model server: a run ends complete after the restart, without a duplicate."""

import json
import os
import signal
import time

from tests.services.conftest import Rabbit, Site, SlowModel, wait_until

UNITS = 42 * 3  # the sample's co-buys with both pictures x relations
ASKED = ("--relations", "usedFor,isA,open", "--backend", "openai", "--model", "slow")


def complete(status: dict) -> bool:
    """One verdict for each unit; that there are no more than that is the unique keys' doing, and counted here too."""
    return status["state"] == "done" and status["verdicts"]["done"] == status["intentions"]["done"] == UNITS


def half_way(site: Site, run: str) -> bool:
    status = site.manage("run_status", run, "--json", check=False)  # there may be no run yet
    return bool(status) and json.loads(status)["verdicts"]["done"] > UNITS // 6


def test_the_queue_is_a_quorum_queue(site: Site, rabbit: Rabbit, model: SlowModel) -> None:
    site.env["CELERY_BROKER_URL"] = rabbit.url
    site.manage("distill", "--run", "r", "--base-url", model.url, *ASKED, "--wait")
    assert complete(site.status("r"))
    queues = dict(line.split() for line in rabbit.ask("list_queues", "-q", "name", "type").stdout.splitlines()[1:])
    assert queues["celery"].endswith("quorum")


def test_a_killed_rabbitmq_costs_only_time(site: Site, rabbit: Rabbit, model: SlowModel) -> None:
    site.env["CELERY_BROKER_URL"] = rabbit.url
    waiting = site.begin("distill", "--run", "r", "--base-url", model.url, *ASKED, "--wait")
    wait_until(lambda: half_way(site, "r"), 60, "half of the run")
    rabbit.kill()
    time.sleep(2)
    rabbit.start()
    assert waiting.wait(120) == 0, waiting.stdout.read()
    assert complete(site.status("r"))


def test_a_killed_model_server_is_waited_for(site: Site, model: SlowModel) -> None:
    waiting = site.begin("distill", "--run", "r", "--base-url", model.url, *ASKED, "--wait")
    wait_until(lambda: half_way(site, "r"), 60, "half of the run")
    model.kill()
    wait_until(lambda: "model server" in site.status("r")["message"], 60, "a word about the model server")
    model.start()
    assert waiting.wait(120) == 0, waiting.stdout.read()
    status = site.status("r")
    assert complete(status)
    assert status["message"] == ""


def test_a_killed_postgresql_loses_nothing(site: Site, model: SlowModel) -> None:
    waiting = site.begin("distill", "--run", "r", "--base-url", model.url, *ASKED, "--wait")
    wait_until(lambda: half_way(site, "r"), 60, "half of the run")
    before = site.status("r")["verdicts"]["done"]
    os.kill(site.postmaster(), signal.SIGKILL)
    assert waiting.wait(90) == 1  # one line about the database, no traceback
    assert "Traceback" not in waiting.stdout.read()
    assert site.status("r")["verdicts"]["done"] >= before
    site.manage("distill", "--run", "r", "--base-url", model.url, *ASKED, "--wait")
    assert complete(site.status("r"))


def test_an_emptied_broker_costs_only_time(site: Site, model: SlowModel) -> None:
    """Without a worker the message waits in Valkey, whose files are then thrown away."""
    site.manage("distill", "--run", "r", "--base-url", model.url, *ASKED)
    for file in (site.var / "valkey").rglob("*"):
        if file.is_file():
            file.unlink()
    worker = site.begin("worker")
    wait_until(lambda: site.status("r")["state"] == "done", 90, "the run's end")
    worker.send_signal(signal.SIGINT)
    worker.wait(30)
    assert complete(site.status("r"))
