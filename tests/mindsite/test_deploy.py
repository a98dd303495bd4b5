"""What deploy/ ships starts what there is, and its own programs find nothing wrong with it."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands
from django.test import Client

from accounts.models import User

BASE = Path(__file__).resolve().parents[2]
DEPLOY = BASE / "deploy"


@pytest.fixture
def units(tmp_path: Path) -> Path:
    for kind in ("one-machine", "web", "workers"):
        subprocess.run(
            [DEPLOY / "install.sh", kind, tmp_path],
            env={"MINDSITE_USER": "daemon", "PATH": "/usr/bin:/bin"},
            check=True,
        )
    return tmp_path


def test_units_name_this_folder_and_nothing_is_left_to_fill_in(units: Path) -> None:
    assert {path.name for path in units.iterdir()} == {path.name for path in (DEPLOY / "systemd").iterdir()}
    texts = [path.read_text() for path in units.iterdir()]
    assert not any("@FOLDER@" in text or "@USER@" in text or "@BACKUPS@" in text for text in texts)
    started = {found for text in texts for found in re.findall(r"manage\.py (\w+)", text)}
    assert started == {"serve", "web", "worker", "backup"}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed here")
def test_systemd_finds_nothing_wrong_with_them(units: Path) -> None:
    files = [units / path.name.replace("@.", "@1.") for path in sorted(units.iterdir())]
    done = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "mindsite" in line]
    assert ours == []


def test_an_installation_of_nothing_says_what_there_is() -> None:
    done = subprocess.run([DEPLOY / "install.sh"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.split("\n")[0][:22]) == (2, "Install systemd units:")


def test_containers_run_commands_that_there_are() -> None:
    told = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())["services"]
    commands = [found for each in told.values() for found in re.findall(r"manage\.py (\w+)", str(each.get("command")))]
    assert commands == ["migrate", "web", "worker"]
    assert set(commands) <= set(get_commands())
    assert told["web"]["environment"]["DATABASE_URL"].startswith("postgres://")


@pytest.mark.skipif(not shutil.which("docker-compose"), reason="docker-compose is not installed here")
def test_docker_s_own_client_finds_nothing_wrong_with_them() -> None:
    given = {"POSTGRES_PASSWORD": "p", "SECRET_KEY": "s", "PATH": os.environ["PATH"]}
    words = ["docker-compose", "-f", DEPLOY / "compose" / "compose.yaml", "config", "--quiet"]
    done = subprocess.run(words, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def rules() -> list[str]:
    groups = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


def board() -> list[str]:
    panels = json.loads((DEPLOY / "grafana" / "mindsite.json").read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


@pytest.fixture
def known(db: None, client: Client, administrator: User) -> set[str]:
    """Every series of /metrics, by the names under which Prometheus has it."""
    client.force_login(administrator)
    kinds = dict(re.findall(r"# TYPE (\w+) (\w+)", client.get("/metrics").content.decode()))
    parts = {"histogram": ("_bucket", "_sum", "_count")}
    return {f"{name}{part}" for name, kind in kinds.items() for part in parts.get(kind, ("",))}


@pytest.mark.parametrize("shipped", [rules, board])
def test_what_is_shipped_looks_at_metrics_that_there_are(shipped: Callable[[], list[str]], known: set[str]) -> None:
    named = {found for expr in shipped() for found in re.findall(r"mindsite_\w+", expr)}
    assert len(named) > 5
    assert named - known == set()


def test_the_board_shows_whatever_an_alarm_looks_at_and_nothing_twice() -> None:
    panels = json.loads((DEPLOY / "grafana" / "mindsite.json").read_text())["panels"]
    alarms = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())["groups"][0]["rules"]
    words = " ".join(panel["description"] for panel in panels)
    assert [rule["alert"] for rule in alarms if f"{rule['alert']}." not in words] == []
    assert len({panel["id"] for panel in panels}) == len(panels) == len({panel["title"] for panel in panels})


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed here")
def test_promtool_reads_every_query_of_the_board(tmp_path: Path) -> None:
    queries = [expr.replace("$__rate_interval", "5m") for expr in board()]
    groups = [{"name": "board", "rules": [{"record": f"q{n}", "expr": each} for n, each in enumerate(queries)]}]
    (tmp_path / "board.yml").write_text(yaml.safe_dump({"groups": groups}))
    done = subprocess.run(
        ["promtool", "check", "rules", tmp_path / "board.yml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed here")
def test_alarms_ring_when_they_should() -> None:
    done = subprocess.run(
        ["promtool", "test", "rules", DEPLOY / "prometheus" / "rules.test.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
