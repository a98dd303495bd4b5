"""What deploy/ ships starts what there is, and its own programs find nothing wrong with it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

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


def test_alarms_look_at_metrics_that_there_are() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())["groups"][0]["rules"]
    named = {found for rule in rules for found in re.findall(r"mindsite_\w+", rule["expr"])}
    places = (BASE / "mindsite" / "metrics" / "ledger.py", BASE / "common" / "metrics" / "counted.py")
    text = "".join(path.read_text() for path in places).replace(
        "mindsite_disk_{name}_bytes", "mindsite_disk_free_bytes"
    )
    named = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in named}
    assert {name for name in named if f'"{name}"' not in text} == set()


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed here")
def test_alarms_ring_when_they_should() -> None:
    done = subprocess.run(
        ["promtool", "test", "rules", DEPLOY / "prometheus" / "rules.test.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
