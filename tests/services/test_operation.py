"""The site as it is run: kills, a pooler and a proxy before it, each real."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.services.conftest import Serving, Site, asked, free_port, wait_until

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
CADDY = shutil.which("caddy")


@pytest.fixture
def serving(site: Site) -> Iterator[Serving]:
    made = Serving(site)
    yield made
    site.manage("stop")
    made.process.wait(60)


def test_what_is_killed_comes_back_and_takes_nothing_with_it(serving: Serving) -> None:
    """One after the other at one site: to make one takes the longest."""
    everything = {"granian", "celery", "valkey", "postmaster"}
    for victim in sorted(everything):
        before = {name: serving.pid(name) for name in everything - {victim}}
        killed = serving.pid(victim)
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: asked(serving.port) == 200 and serving.pid(victim) not in (0, killed), 30, f"{victim} again")  # noqa: B023
        assert {name: serving.pid(name) for name in before} == before


def test_kill_9_of_the_supervisor_leaves_nothing_and_the_next_has_its_port(serving: Serving) -> None:
    children = [pid for pid, _ in serving.record()["groups"]] + [serving.pid("valkey"), serving.pid("postmaster")]
    serving.process.kill()
    serving.process.wait()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), 30, "no orphan")
    serving.start()
    assert asked(serving.port) == 200


def test_a_second_one_is_refused_and_stop_ends_all(serving: Serving) -> None:
    assert "runs here already" in subprocess.run(
        [sys.executable, "manage.py", "serve"], cwd=settings.BASE_DIR, env=serving.site.env, capture_output=True,
        text=True, check=False,
    ).stderr  # fmt: skip
    assert "Ended site" in serving.site.manage("stop")
    assert asked(serving.port) == 0


@pytest.fixture
def behind_nginx(serving: Serving, tmp_path: Path) -> Iterator[int]:
    """The shipped example, with ports and files of the test's own and a certificate made for it."""
    if not Path(NGINX).exists() or not shutil.which("openssl"):
        pytest.skip("nginx or openssl is not installed (Debian: nginx-light)")
    folder, port = tmp_path / "nginx", free_port()
    folder.mkdir()
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=mindsite.example", "-keyout", folder / "key.pem", "-out", folder / "fullchain.pem"),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    text = (settings.BASE_DIR / "deploy" / "proxy" / "nginx.conf").read_text()
    for ours, theirs in (
        ("127.0.0.1:8000", f"127.0.0.1:{serving.port}"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("listen 80", f"listen 127.0.0.1:{free_port()}"),
        ("/etc/ssl/mindsite", str(folder)),
        ("/var/log/nginx", str(folder)),
    ):
        assert ours in text
        text = text.replace(ours, theirs)
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{}}\nhttp {{\n{temporary}\n{text}\n}}\n"
    )
    server = subprocess.Popen([NGINX, "-c", folder / "nginx.conf", "-p", folder, "-e", folder / "error.log"])
    wait_until((folder / "pid").exists, 20, "nginx")
    yield port
    server.terminate()
    server.wait()


def curl(port: int, path: str, *words: str) -> str:
    command = ["curl", "-sk", "-H", "Host: 127.0.0.1", "-o", "/dev/null", "-w", "%{http_code}", *words]
    return subprocess.run(
        [*command, f"https://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True
    ).stdout


def test_the_shipped_nginx_passes_pages_and_keeps_links_out_of_its_log(behind_nginx: int, tmp_path: Path) -> None:
    codes = curl(behind_nginx, "/accounts/login/"), curl(behind_nginx, "/metrics")
    assert codes == ("200", "403")
    curl(behind_nginx, "/accounts/join/a-secret-of-the-test/")
    time.sleep(0.5)  # nginx writes its log then
    log = (tmp_path / "nginx" / "mindsite.log").read_text()
    assert "/accounts/login/" in log
    assert "a-secret-of-the-test" not in log


@pytest.fixture
def behind_caddy(serving: Serving, tmp_path: Path) -> Iterator[int]:
    """The shipped example, with a port of the test's own and a certificate that Caddy makes for itself."""
    if not CADDY:
        pytest.skip("Caddy is not installed (Debian: caddy)")
    port = free_port()
    text = (settings.BASE_DIR / "deploy" / "proxy" / "Caddyfile").read_text()
    for ours, theirs in (
        ("127.0.0.1:8000", f"127.0.0.1:{serving.port}"),
        ("mindsite.example {", f"https://127.0.0.1:{port} {{\n\ttls internal"),
        ("{\n\tservers {", "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\tservers {"),
    ):
        assert ours in text
        text = text.replace(ours, theirs)
    (tmp_path / "Caddyfile").write_text(text)
    environment = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    log = (tmp_path / "caddy.log").open("ab")
    server = subprocess.Popen(
        [CADDY, "run", "--config", tmp_path / "Caddyfile", "--adapter", "caddyfile"], env=environment, stderr=log
    )
    wait_until(lambda: curl_answers(port), 30, f"Caddy (see {log.name})")
    yield port
    server.terminate()
    server.wait()


def curl_answers(port: int) -> bool:
    try:
        return curl(port, "/accounts/login/") == "200"
    except subprocess.CalledProcessError:
        return False


def test_the_shipped_caddy_passes_pages_and_keeps_the_metrics(behind_caddy: int) -> None:
    assert [curl(behind_caddy, path) for path in ("/accounts/login/", "/metrics")] == ["200", "403"]
