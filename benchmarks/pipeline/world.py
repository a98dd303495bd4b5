"""What the pipeline's measurements are made with: a catalog with photos, model servers, workers, runs."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from benchmarks import bars
from distillation.models import CoBuy, Picture, Product, Run, RunCoBuy
from distillation.runs.servers import backend_check
from distillation.runs.services import RunSettings, run_start
from distillation.tasks import run_wake
from mindsite.workers import worker_command

MANNERS = ("--latency-ms", "50", "--jitter-ms", "20")
PLACES = 64


class Server:
    def __init__(self, url: str) -> None:
        self.url = url

    def stats(self) -> dict:
        with urllib.request.urlopen(f"{self.url}/stats", timeout=10) as answer:
            return json.load(answer)

    def reset(self) -> None:
        urllib.request.urlopen(f"{self.url}/reset", data=b"", timeout=10).close()


class World:
    def __init__(self, folder: Path, bench: Path, photos: Path) -> None:
        self.folder, self.bench = folder, bench
        self.photos = [path.read_bytes() for path in sorted(photos.glob("*.jpg"))]
        self.all_met = True
        self._n_runs = 0
        self._known: dict = {}  # what servers can do, asked before they count, as `distill` would

    def tell(self, what: str, figure: float, bar: float, *, at_most: bool = False, more: str = "") -> None:
        self.all_met &= bars.show((bars.at_most if at_most else bars.at_least)(what, figure, bar), more)

    def cobuys(self, n: int) -> None:
        """The first `n` co-buys of a chain of products, each with a photo of its own."""
        if CoBuy.objects.count() >= n:
            return
        have = Product.objects.count()
        pictures = [self._picture(i) for i in range(have, n + 1)]
        Picture.objects.bulk_create(pictures, batch_size=1_000)
        products = [
            Product(asin=f"B{i:09d}", title=f"Product number {i}, black, with strap", picture=picture)
            for i, picture in enumerate(pictures, start=have)
        ]
        Product.objects.bulk_create(products, batch_size=1_000)
        ids = list(Product.objects.order_by("pk").values_list("pk", flat=True)[: n + 1])
        CoBuy.objects.bulk_create((CoBuy(a_id=a, b_id=b) for a, b in pairwise(ids)), ignore_conflicts=True)

    def _picture(self, i: int) -> Picture:
        """One of the photos, with a few bytes behind its end that make it another one."""
        jpeg = self.photos[i % len(self.photos)] + f"product {i}".encode()
        picture = Picture(digest=sha256(jpeg).hexdigest(), width=300, height=300, size=len(jpeg))
        default_storage.save(picture.name, ContentFile(jpeg))
        return picture

    def run(self, *servers: Server, n_cobuys: int, relations: str = "all") -> Run:
        """Planned over the first co-buys, and every worker called; features are asked for anew."""
        self._n_runs += 1
        self.cobuys(n_cobuys)
        asked = RunSettings.checked(relations=relations, limit=n_cobuys, temperature=0.2 + self._n_runs / 1000)
        urls = [f"{server.url},{PLACES}" for server in servers]
        about = {"backend": "openai", "model": "fake", "base_urls": urls, "servers": self._known}
        run, _ = run_start(name=f"r{self._n_runs}", settings=asked, **about)
        run_wake(run)
        return run

    @contextmanager
    def server(self, *words: str, manners: tuple[str, ...] = MANNERS) -> Iterator[Server]:
        port = free_port()
        command = [sys.executable, str(self.bench / "fake_lvlm.py"), "--port", str(port), *manners, *words]
        process = subprocess.Popen(command)
        server = Server(f"http://127.0.0.1:{port}")
        try:
            until(lambda: answers(server), 20)
            self._meet(server)
            yield server
        finally:
            process.kill()
            process.wait()

    def _meet(self, server: Server) -> None:
        config = RunSettings.checked(relations="all", limit=None).as_config()
        self._known |= backend_check(backend="openai", model="fake", base_urls=[server.url], config=config).servers
        server.reset()

    @contextmanager
    def worker(self, name: str = "w1") -> Iterator["Worker"]:
        worker = Worker(name, self.folder / f"{name}.log")
        try:
            yield worker
        finally:
            worker.end()

    def plain_client(self, server: Server, n: int) -> float:
        """Items a second of the plain client, on the same photos."""
        folder = self.folder / "plain"
        folder.mkdir(exist_ok=True)
        for i, photo in enumerate(self.photos):
            (folder / f"{i}.jpg").write_bytes(photo)
        names = [str(folder / f"{i}.jpg") for i in range(len(self.photos))]
        with (folder / "items.jsonl").open("w") as items:
            for i in range(n):
                pair = {"a": names[i % len(names)], "b": names[(i + 7) % len(names)]}
                items.write(json.dumps({"id": i, "text": f"Item {i}. Why were both bought?", **pair}) + "\n")
        (out := folder / "out.jsonl").unlink(missing_ok=True)
        script = str(self.bench / "plain_client.py")
        words = ("--url", f"{server.url}/v1", "--data", str(folder), "--out", str(out), "-n", str(n), "-c", str(PLACES))
        done = subprocess.run([sys.executable, script, *words], stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(done.stdout)["items_per_s"]


class Worker:
    """A Celery worker of its own name, as another machine would have."""

    def __init__(self, name: str, log: Path) -> None:
        self._command, self._log = [*worker_command(), "--hostname", f"{name}@%h"], log
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=settings.BASE_DIR, stdout=log, stderr=log, start_new_session=True,
                env=os.environ | {"LOG_LEVEL": "INFO"},  # it is to say when it is ready
            )  # fmt: skip
        until(lambda: b"ready." in self._log.read_bytes(), 60)

    def kill_9(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.unlink()

    def end(self) -> float:
        """Seconds that a warm shutdown takes."""
        began = time.monotonic()
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        return time.monotonic() - began

    def processor_seconds(self) -> int:
        """Of the whole family so far: what it worked, whatever else the machine did."""
        family = subprocess.run(
            ["ps", "-o", "cputimes=", "--sid", str(self._process.pid)], stdout=subprocess.PIPE, text=True, check=True
        )
        return sum(map(int, family.stdout.split()))

    def megabytes(self) -> float:
        """Resident memory of the process at work: the largest of the worker's family."""
        family = subprocess.run(
            ["ps", "-o", "rss=", "--sid", str(self._process.pid)], stdout=subprocess.PIPE, text=True, check=True
        )
        return max(map(int, family.stdout.split())) / 1024


def until(condition: Callable[[], bool], seconds: float, every: float = 0.02) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"Gave up after {seconds:g} s")
        time.sleep(every)


def ended(run: Run, seconds: float = 900) -> Run:
    """Asked for seldom: the run tells when it ended, and the asking takes from what is measured."""
    until(lambda: Run.objects.filter(pk=run.pk, state=Run.State.DONE).exists(), seconds, every=0.2)
    run.refresh_from_db()
    return run


def answers(server: Server) -> bool:
    try:
        server.stats()
    except OSError:
        return False
    return True


def account(run: Run) -> tuple[int, int, int]:
    """Units owed in all, those with a verdict, those that failed."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT count(*) FROM distillation_verdict v JOIN distillation_intention i ON i.id = v.intention_id
                    WHERE i.run_id = %(run)s),
                   (SELECT count(*) FROM distillation_failure WHERE run_id = %(run)s AND step <> 'feature')
            """,
            {"run": run.pk},
        )
        verdicts, failed = cursor.fetchone()
    return RunCoBuy.objects.filter(run=run).count() * run.units_per_cobuy, verdicts, failed


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
