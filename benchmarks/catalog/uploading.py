"""A catalog sent to the page over a connection that breaks five times, against the same import by the command.

  python -m benchmarks.catalog.uploading [--lines N]

Web server and worker are those of `make run`, on services of their own. Prints whether both accounts are the same and
the most memory (PSS) that any process of the web server and of the worker had; ends with 1 where a bar is missed.
"""

import argparse
import http.client
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
from django.conf import settings
from django.core.management import call_command

from benchmarks.bars import at_most, holds, show_all
from benchmarks.catalog.importing import children, empty, generate, imported
from benchmarks.own_services import own_services

PIECE = 4_194_304  # as the page's own script
CUTS = 5
MOST_MB = 200
ROOT = Path(__file__).resolve().parents[2]


def pss(pid: int) -> float:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1000


class Watch(threading.Thread):
    """The most that any process under each parent had, in MB."""

    def __init__(self, parents: dict[str, int]) -> None:
        super().__init__(daemon=True)
        self.parents, self.most = parents, dict.fromkeys(parents, 0.0)

    def run(self) -> None:
        while True:
            for name, parent in self.parents.items():
                try:
                    now = max(map(pss, [parent, *children(parent)]))
                except OSError:  # one has just ended
                    continue
                self.most[name] = max(self.most[name], now)
            time.sleep(0.2)


@contextmanager
def served(port: int) -> Iterator[dict[str, int]]:
    from mindsite.serving import web_command  # noqa: PLC0415
    from mindsite.workers import worker_command  # noqa: PLC0415

    quiet = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    commands = {"web": web_command(port), "worker": worker_command()}
    processes = {name: subprocess.Popen(command, **quiet) for name, command in commands.items()}
    try:
        yield {name: process.pid for name, process in processes.items()}
    finally:
        for process in processes.values():
            process.terminate()
            process.wait()


def signed_in(port: int) -> httpx.Client:
    from accounts.models import User  # noqa: PLC0415
    from accounts.services import user_create  # noqa: PLC0415

    user_create(username="rosa", password="correct-horse", role=User.Role.RESEARCHER)
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
    for _ in range(100):
        try:
            page = client.get("/accounts/login/")
            break
        except httpx.TransportError:
            time.sleep(0.2)
    token = client.cookies["csrftoken"]
    said = {"username": "rosa", "password": "correct-horse", "csrfmiddlewaretoken": token}
    assert client.post(page.url.path, data=said).status_code == 302
    client.headers.update({"Tus-Resumable": "1.0.0", "X-CSRFToken": client.cookies["csrftoken"]})
    return client


def cut_off(client: httpx.Client, where: str, offset: int, piece: bytes) -> None:
    """Half of the piece, then nothing more."""
    connection = http.client.HTTPConnection(client.base_url.host, client.base_url.port)
    connection.putrequest("PATCH", where)
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    of_piece = {"Upload-Offset": offset, "Content-Type": "application/offset+octet-stream", "Cookie": cookies}
    for name, value in {**dict(client.headers), **of_piece, "Content-Length": len(piece)}.items():
        connection.putheader(name, str(value))
    connection.endheaders()
    connection.send(piece[: len(piece) // 2])
    connection.close()


def sent(client: httpx.Client, path: Path) -> str:
    metadata = f"filename {b64encode(path.name.encode()).decode()},part {b64encode(b'products').decode()}"
    size = path.stat().st_size
    made = client.post("/uploads/", headers={"Upload-Length": str(size), "Upload-Metadata": metadata})
    where, offset, pieces = made.headers["Location"], 0, 0
    cuts = {(n + 1) * size // (CUTS + 1) // PIECE for n in range(CUTS)}
    with path.open("rb") as file:
        while offset < size:
            file.seek(offset)
            piece = file.read(PIECE)
            if pieces in cuts:
                cuts.discard(pieces)
                cut_off(client, where, offset, piece)
                offset = int(client.head(where).headers["Upload-Offset"])
                continue
            of_piece = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
            offset = int(client.patch(where, content=piece, headers=of_piece).headers["Upload-Offset"])
            pieces += 1
    if cuts:
        print(f"  the file has too few pieces: {len(cuts)} of {CUTS} cuts were not made")
    return where.strip("/").rpartition("/")[2]


def by_page(client: httpx.Client, path: Path) -> dict:
    from distillation.models import CatalogImport  # noqa: PLC0415

    start = time.perf_counter()
    asked = {"products": sent(client, path), "images": "none", "format": ""}
    here = time.perf_counter()
    assert client.get("/imports/preview/", params=asked).status_code == 200
    looked = time.perf_counter()
    assert client.post("/imports/start/", data=asked).status_code == 302
    while not (row := CatalogImport.objects.get()).is_ended:
        time.sleep(0.3)
    print(
        f"  sent in {here - start:.1f} s, looked at in {looked - here:.1f} s, imported (or refused: "
        f"{row.message!r}) in {time.perf_counter() - looked:.1f} s"
    )
    return row.account


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    options = parser.parse_args()
    with own_services() as folder:
        from mindsite.serving import free_port  # noqa: PLC0415

        place = settings.DATABASES["default"]
        path = Path(folder) / "meta.json.gz"
        generate(path, options.lines)
        print(f"{options.lines:,} lines, {path.stat().st_size / 1e6:,.0f} MB")
        command = imported(path).account
        with psycopg.connect(
            host=place["HOST"], port=place["PORT"], user=place["USER"], dbname=place["NAME"]
        ) as connection:
            empty(connection)
        call_command("collectstatic", verbosity=0, interactive=False)
        with served(port := free_port(8300, print)) as parents:
            client = signed_in(port)
            watch = Watch(parents)
            watch.start()
            time.sleep(1)
            print("  before it, MB:", {name: round(most) for name, most in watch.most.items()})
            account = by_page(client, path)
        same = {**account, "data_set": 0} == {**command, "data_set": 0}
        rows = [
            holds("the account is that of the command", same),
            *(
                at_most(f"most memory of a process of the {name} (PSS)", n, MOST_MB, "MB")
                for name, n in watch.most.items()
            ),
        ]
        sys.exit(not show_all(rows))


if __name__ == "__main__":
    main()
