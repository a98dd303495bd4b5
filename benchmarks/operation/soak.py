"""The whole site under judging and a run for minutes: what its processes and its connections grow to.

  python -m benchmarks.operation.soak [--minutes 10]

PSS of each process after a tenth of the time (warm by then) and at its end.
"""

import argparse
import asyncio
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.bars import at_most, show
from benchmarks.judging.load import PORT, Load, crowd
from benchmarks.operation.chaos import ANSWER_S, IN_FLIGHT, filled
from benchmarks.operation.site import Model, Site

WATCHED = ("supervisor", "web master", "web worker", "Celery main", "pool child", "Valkey", "postmaster")


def memory(site: Site) -> dict[str, float]:
    """Megabytes, by process."""
    found = {}
    for name in WATCHED:
        told = Path(f"/proc/{site.pid(name)}/smaps_rollup").read_text()
        found[name] = next(int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:")) / 1024
    return found


def connections(site: Site) -> int:
    return site.query("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")[0][0]


def soaked(options: argparse.Namespace, folder: Path) -> None:
    study, keys = filled(folder, 4)
    model, load, over = Model(folder, ANSWER_S), Load(), threading.Event()
    site = Site(folder / "var", PORT, LVLM_IN_FLIGHT=str(IN_FLIGHT))

    def judge() -> None:
        while not over.is_set():
            asyncio.run(crowd(load, study, keys, 5, patient=True, pause=0.1))

    judging = threading.Thread(target=judge)
    try:
        while site.asked() != 200:
            time.sleep(0.5)
        words = ("--backend", "openai", "--model", "slow", "--base-url", model.url, "--no-images", "--no-features")
        site.manage("distill", "--run", "r", *words, "--relations", "all", "--imports", "all")
        judging.start()
        time.sleep(6 * options.minutes)
        warm, before = memory(site), connections(site)
        time.sleep(54 * options.minutes)
        told(warm, memory(site), before, connections(site), load)
    finally:
        over.set()
        if judging.is_alive():
            judging.join()
        site.end()
        model.kill()


def told(warm: dict[str, float], end: dict[str, float], before: int, after: int, load: Load) -> None:
    for name in WATCHED:
        more = f"{warm[name]:.0f} to {end[name]:.0f} MB"
        show(at_most(f"{name}: growth of PSS after the warm-up", 100 * (end[name] / warm[name] - 1), 5, "%"), more)
    show(at_most("connections to PostgreSQL, more at the end", after - before, 2), f"{before} and {after}")
    show(at_most("answers other than 200", sum(load.errors.values()), 0), f"{load.judged:,} judgments")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    with tempfile.TemporaryDirectory(prefix="mindsite-soak-") as folder:
        soaked(parser.parse_args(), Path(folder))


if __name__ == "__main__":
    main()
