"""kill -9 of each process of a site while people judge and a run asks a model: what is lost, and when it is back.

  python -m benchmarks.operation.chaos [--kills 20] [--kinds "web worker" Valkey …]

Each kill is counted as over when the killed one has a successor, /readyz is 200, and from then on a judgment was
acknowledged and an answer of the model written. Embedded services; a thread stands for the service manager. Model
server and RabbitMQ (`--kinds RabbitMQ`: then it is the broker) are started again by this, and counted from when they
are there.
"""

import argparse
import asyncio
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.bars import at_most, show
from benchmarks.judging.load import PORT, Load, crowd, sessions
from benchmarks.operation.rabbit import Rabbit
from benchmarks.operation.site import PIDS, Model, Site
from benchmarks.own_services import own_services

MODEL, RABBIT = "model server", "RabbitMQ"
KINDS = (*PIDS, MODEL)
OUTSIDE = (MODEL, RABBIT)  # which the site does not start
OF_DATABASE = ("PostgreSQL backend", "postmaster")
IN_FLIGHT, ANSWER_S, PROCESSES = 8, 0.3, 2  # calls at once of each of the worker's processes
AT_MOST_REPEATED = PROCESSES * IN_FLIGHT * (1 + 0.5 / ANSWER_S)  # in flight, and half a second of answers
LONGEST_S = 90.0
WRITTEN = """
SELECT 'intention', i.id FROM distillation_intention i JOIN distillation_run r ON r.id = i.run_id WHERE r.name = 'r'
UNION ALL SELECT 'verdict', v.intention_id FROM distillation_verdict v
JOIN distillation_intention i ON i.id = v.intention_id JOIN distillation_run r ON r.id = i.run_id WHERE r.name = 'r'
"""


@dataclass
class Told:
    """Of one kind."""

    kills: int = 0
    back: list[float] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    lost: int = 0
    orphans: int = 0


def filled(folder: Path, annotators_n: int) -> tuple[int, list[str]]:
    with own_services(folder):
        from django.db import connection  # noqa: PLC0415

        from benchmarks.fill import annotators, run_filled, study_filled  # noqa: PLC0415

        study = study_filled(run_filled(100_000), 20_000, overlap=3)
        keys = sessions(study, annotators(annotators_n))
        connection.close()
        connection.close_pool()
    return study.pk, keys


class Chaos:
    def __init__(self, site: Site, model: Model, load: Load, rabbit: Rabbit | None = None) -> None:
        self.site, self.model, self.load, self.rabbit = site, model, load, rabbit

    def kill(self, kind: str, told: Told) -> None:
        rows, old = self._rows(), self._processes()
        struck, at = time.time(), []
        self._strike(kind)
        began = time.time()
        try:
            self._wait(lambda: self._has_successor(kind, old[kind]), "a successor")
            at.append(time.time() - began)
            self._wait(lambda: self.site.asked() == 200, "/readyz")
            at.append(time.time() - began)
            judged, written = self.load.judged, len(self._rows())
            self._wait(lambda: self.load.judged > judged, "a judgment")
            at.append(time.time() - began)
            self._wait(lambda: len(self._rows()) > written, "an answer written")
            at.append(time.time() - began)
        except TimeoutError as error:
            print(f"  {kind}: waited {LONGEST_S:.0f} s for {error}", flush=True)
        told_s = ", ".join(f"{each:.1f}" for each in at)
        print(f"  {kind}: successor, /readyz, judgment, answer after {told_s} s", flush=True)
        told.back.append(time.time() - began)
        told.kills += 1
        time.sleep(2)
        told.repeated.append(self.model.repeated(struck, time.time()))
        told.lost += len(rows - self._rows())
        if kind == "supervisor":
            told.orphans += sum(Path(f"/proc/{pid}").exists() for name, pid in old.items() if pid and name in OF_SITE)

    def _strike(self, kind: str) -> None:
        if server := {MODEL: self.model, RABBIT: self.rabbit}.get(kind):
            server.kill()
            time.sleep(1)
            server.start()
        else:
            os.kill(self.site.pid(kind), signal.SIGKILL)

    def _has_successor(self, kind: str, old: int) -> bool:
        return kind in OUTSIDE or (now := self.site.pid(kind)) not in (0, old) or (kind == "pool child" and now != old)

    def _processes(self) -> dict[str, int]:
        return {kind: self.site.pid(kind) for kind in PIDS} | dict.fromkeys(OUTSIDE, 0)

    def _rows(self) -> set[tuple[str, int]]:
        """What of the run is written."""
        return set(self.site.query(WRITTEN))

    def _wait(self, is_so: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + LONGEST_S
        while not is_so():
            if time.monotonic() > deadline:
                raise TimeoutError(what)
            time.sleep(0.1)

    def judgments_lost(self) -> int:
        acknowledged = set(self.load.acknowledged)  # first: people go on judging
        return len(
            acknowledged - {each for (each,) in self.site.query("SELECT submission::text FROM annotation_judgment")}
        )

    def doubled(self) -> int:
        keys = {
            "annotation_judgment": "item_id, participant_id",
            "distillation_intention": "run_id, cobuy_id, relation, sample",
        }
        asked = (f"SELECT count(*) - count(DISTINCT ({key})) FROM {name}" for name, key in keys.items())
        return sum(self.site.query(each)[0][0] for each in asked)


OF_SITE = ("web master", "Celery main", "web worker", "pool child", "clock")


def matrix(options: argparse.Namespace, folder: Path) -> None:
    study, keys = filled(folder, options.annotators)
    model, load, over = Model(folder, ANSWER_S), Load(), threading.Event()
    rabbit = Rabbit(folder / "rabbit") if RABBIT in options.kinds else None
    if rabbit:
        rabbit.start()
    broker = {"CELERY_BROKER_URL": rabbit.url} if rabbit else {}
    site = Site(folder / "var", PORT, LVLM_IN_FLIGHT=str(IN_FLIGHT), **broker)

    def judge() -> None:
        while not over.is_set():
            asyncio.run(crowd(load, study, keys, 5, patient=True, pause=0.3))

    judging = threading.Thread(target=judge)
    try:
        chaos = Chaos(site, model, load, rabbit)
        chaos._wait(lambda: site.asked() == 200, "the site")
        words = ("--backend", "openai", "--model", "slow", "--base-url", model.url, "--no-images", "--no-features")
        site.manage("distill", "--run", "r", *words, "--relations", "all", "--imports", "all")
        judging.start()
        chaos._wait(lambda: load.judged > 5, "the first judgments")
        found = {kind: Told() for kind in options.kinds}
        with suppress(KeyboardInterrupt):  # what was found by then is told
            for kind in options.kinds:
                for _ in range(options.kills):
                    chaos.kill(kind, found[kind])
        table({kind: told for kind, told in found.items() if told.back}, chaos)
    finally:
        over.set()
        if judging.is_alive():
            judging.join()
        site.end()
        model.kill()
        if rabbit:
            rabbit.end()


def table(found: dict[str, Told], chaos: Chaos) -> None:
    print(f"\n{'killed':20} {'kills':>5} {'rows lost':>9} {'longest until back':>18} {'most calls repeated':>19}")
    for kind, told in found.items():
        print(f"{kind:20} {told.kills:>5} {told.lost:>9} {max(told.back):>16.1f} s {max(told.repeated, default=0):>19}")
    said = f"{len(chaos.load.acknowledged):,} acknowledged; answers other than 200: {dict(chaos.load.errors)}"
    show(at_most("judgments lost", chaos.judgments_lost(), 0), said)
    show(at_most("judgments and intentions doubled", chaos.doubled(), 0))
    show(at_most("written answers lost", sum(told.lost for told in found.values()), 0))
    show(at_most("orphans of a killed supervisor", sum(told.orphans for told in found.values()), 0))
    for kind, told in found.items():
        show(at_most(f"{kind}: until back", max(told.back), 20 if kind in OF_DATABASE else 15, "s"))
        show(at_most(f"{kind}: calls repeated", max(told.repeated, default=0), AT_MOST_REPEATED))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--annotators", type=int, default=4)
    parser.add_argument("--kinds", nargs="+", choices=(*KINDS, RABBIT), default=list(KINDS))
    with tempfile.TemporaryDirectory(prefix="mindsite-chaos-") as folder:
        matrix(parser.parse_args(), Path(folder))


if __name__ == "__main__":
    main()
