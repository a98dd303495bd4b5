"""PgBouncer in transaction mode before PostgreSQL: people judge through it, and it goes away and comes back."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from benchmarks.judging.load import PORT, Load, crowd
from tests.services.conftest import Site, free_port, wait_until

PGBOUNCER = Path(shutil.which("pgbouncer") or "/usr/sbin/pgbouncer")
AWAY_S = 60


class Bouncer:
    def __init__(self, folder: Path, sockets: Path) -> None:
        self.port, self.file = free_port(), folder / "pgbouncer.ini"
        folder.mkdir(mode=0o755)
        (folder / "users").write_text('"mindsite" ""\n')
        self.file.write_text(
            f"[databases]\nmindsite = host={sockets} port=5432 dbname=mindsite\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\nauth_type = trust\n"
            f"auth_file = {folder}/users\npool_mode = transaction\ndefault_pool_size = 4\nmax_client_conn = 100\n"
            f"ignore_startup_parameters = extra_float_digits,options\n"
        )
        self.start()

    def start(self) -> None:
        """It refuses to be root; the folder of the test is closed to others."""
        passing = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *passing]
        command = [*(as_user if os.geteuid() == 0 else []), PGBOUNCER, self.file]
        self.process = subprocess.Popen(command, stderr=self.file.with_suffix(".log").open("ab"))

        def answers() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        wait_until(answers, 20, f"PgBouncer (see {self.file.with_suffix('.log')})")

    def end(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def bouncer(site: Site, tmp_path: Path) -> Iterator[Bouncer]:
    if not PGBOUNCER.exists():
        pytest.skip("PgBouncer is not installed (Debian: pgbouncer)")
    holder = subprocess.Popen(
        [sys.executable, "-m", "mindsite.embedded", "sh", "-c", "echo held; exec sleep 900"],
        cwd=settings.BASE_DIR, env=site.env, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout.readline() == "held\n"
    made = Bouncer(tmp_path / "pgbouncer", site.var / "run" / "sockets")
    site.env |= {
        "DATABASE_URL": f"postgres://mindsite@127.0.0.1:{made.port}/mindsite",
        "CELERY_BROKER_URL": f"redis+socket://{site.var}/run/sockets/valkey.sock?virtual_host=0",
        "DATABASE_POOLER": "transaction",
    }
    yield made
    made.end()
    holder.terminate()
    holder.wait()


@pytest.fixture
def keys(bouncer: Bouncer, site: Site) -> Iterator[list[str]]:
    """Of four annotators of study 1, and a web server that they can reach."""
    site.manage("distill", "--run", "r", "--backend", "baseline", "--relations", "all", "--wait")
    status = site.status("r")
    assert (status["state"], status["verdicts"]["done"]) == ("done", status["intentions"]["done"])
    site.manage("create_study", "s", "--run", "r", "--items", "400", "--overlap", "4")
    made = site.keys_of_annotators(4)
    web = site.begin("web", "--port", str(PORT))
    wait_until(lambda: answer("/readyz?only=database")[0] == 200, 60, "the web server")
    yield made
    web.terminate()
    web.wait(60)


def answer(path: str) -> tuple[int, float]:
    """Status, and after how many seconds it was there."""
    began = time.monotonic()
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=30) as told:
            return told.status, time.monotonic() - began
    except urllib.error.HTTPError as error:
        return error.code, time.monotonic() - began
    except OSError:
        return 0, time.monotonic() - began


def test_people_judge_through_it_and_bear_that_it_is_away(keys: list[str], bouncer: Bouncer) -> None:
    load = Load()
    asyncio.run(crowd(load, 1, keys, 5, pause=0.05))
    assert load.judged
    assert not load.errors
    judging = threading.Thread(target=lambda: asyncio.run(crowd(load, 1, keys, AWAY_S + 15, patient=True, pause=0.2)))
    judging.start()
    time.sleep(2)
    bouncer.end()
    time.sleep(2)
    told = [answer("/readyz") for _ in range(5) if not time.sleep(AWAY_S / 5)]
    bouncer.start()
    before = load.judged
    judging.join()
    print(f"away for {AWAY_S} s: {dict(load.errors)}, longest {load.longest}; /readyz {told}")
    assert set(load.errors) == {503}
    assert max(load.longest[503], *(seconds for _, seconds in told)) < 2.5
    assert [status for status, _ in told] == [503] * 5
    assert load.judged > before
