"""How far one machine goes, and the rest by arithmetic that was held against it.

python -m benchmarks.operation.scale load      1, 4 and 8 annotators: measured, and simulated from the first
python -m benchmarks.operation.scale growth    what grows with intentions and judgments: next item, figures, export …
python -m benchmarks.operation.scale plan      the simulation for larger sites, from the demands given
"""

import argparse
import asyncio
import os
import time
from collections.abc import Callable
from functools import partial
from io import StringIO
from pathlib import Path

from benchmarks.bars import show, within
from benchmarks.judging.load import PORT, Load, crowd, end, sessions, wait_for_web, web_server
from benchmarks.operation.queueing import Demands, Machine, Simulation
from benchmarks.own_services import own_services, percentile

TICKS = os.sysconf("SC_CLK_TCK")
AT = (1, 4, 8)
NAMES = ("web", "database", "client")


def processor_seconds(word: str) -> float:
    """Of all processes with that in their command line, and of those they have waited for."""
    total = 0
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if word in (path / "cmdline").read_text().replace("\0", " "):
                fields = (path / "stat").read_text().rpartition(")")[2].split()
                total += sum(map(int, fields[11:15]))
        except OSError:
            continue
    return total / TICKS


def busy_seconds() -> float:
    """Of all cores, whoever it was for; what the machine's host took away is busy too."""
    user, nice, system, _idle, _io, irq, soft, steal, *_ = map(int, Path("/proc/stat").read_text().split()[1:11])
    return (user + nice + system + irq + soft + steal) / TICKS


def load(options: argparse.Namespace) -> None:
    from django.core.management import call_command  # noqa: PLC0415

    from benchmarks.fill import annotators, run_filled, study_filled  # noqa: PLC0415
    from mindsite.embedded import VAR, ServicesFolder  # noqa: PLC0415

    call_command("collectstatic", verbosity=0, interactive=False)
    study = study_filled(run_filled(20_000), 20_000, overlap=3)
    keys = sessions(study, annotators(max(AT)))
    server = web_server()
    cores, demands = os.cpu_count() or 1, Demands(0, 0)
    words = f"--port {PORT}", ServicesFolder(VAR).tag
    try:
        wait_for_web()
        asyncio.run(crowd(Load(), study.pk, keys, 3))
        for n in AT:
            before = [*map(processor_seconds, words), time.process_time()]
            told, busy, began = Load(), busy_seconds(), time.perf_counter()
            asyncio.run(crowd(told, study.pk, keys[:n], options.seconds))
            took, busy = time.perf_counter() - began, busy_seconds() - busy
            ours = [b - a for a, b in zip(before, [*map(processor_seconds, words), time.process_time()], strict=True)]
            speed = 1 - max(0.0, busy - sum(ours)) / (cores * took)  # what was left of the machine
            each = [seconds / told.judged for seconds in ours]
            work = ", ".join(f"{name} {1000 * s:.2f}" for name, s in zip(NAMES, each, strict=True))
            p95 = percentile([*told.times["ratings"], *told.times["next"]], 0.95)
            rate = told.judged / took
            print(
                f"  {n} annotators: {rate:.1f} judgments/s, p95 {1000 * p95:.1f} ms; "
                f"ms of work for one: {work}; left by others {100 * speed:.0f} % of the machine"
            )
            if n == 1:
                demands = Demands(*each, wait=max(0.0, 1 / rate - sum(each) / speed))
                continue
            slowed = Demands(demands.web / speed, demands.database / speed, demands.client / speed, demands.wait)
            simulated, _ = Simulation(Machine(cores), slowed, annotators=n, think_s=0).run(20)
            what = f"simulated over measured judgments/s, {n} annotators"
            show(within(what, simulated / rate, 0.85, 1.15, 0), f"{simulated:.1f} and {rate:.1f}")
    finally:
        end(server)


def growth(options: argparse.Namespace) -> None:
    for n in options.sizes:
        empty = _database_bytes()
        took = _grown(n, options.folder)
        size = (_database_bytes() - empty) / n
        words = ", ".join(f"{name} {1000 * s:,.1f} ms" if s < 1 else f"{name} {s:,.1f} s" for name, s in took.items())
        print(
            f"  {n:,} intentions, items and judgments: {words}; {size:,.0f} bytes for each in the database", flush=True
        )


def _grown(n: int, folder: str) -> dict[str, float]:
    """Seconds of each thing people do with a run and a study of that many intentions, which are made here."""
    from django.core.management import call_command  # noqa: PLC0415

    from annotation.judging.allocation import item_next  # noqa: PLC0415
    from annotation.judging.leases import lease_release  # noqa: PLC0415
    from annotation.judging.participants import participant_join  # noqa: PLC0415
    from annotation.judging.tallying import study_recompute  # noqa: PLC0415
    from annotation.models import Study  # noqa: PLC0415
    from benchmarks.fill import annotators, judgments_filled, run_filled, study_filled  # noqa: PLC0415

    def fill() -> None:
        study = study_filled(run_filled(n, name=f"r{n}"), n, overlap=2, name=f"s{n}")
        judgments_filled(study, share=0.5)
        study_recompute(study)

    def next_item() -> None:
        item_next(participant=person)
        lease_release(participant=person)
        person.refresh_from_db()

    took = {"filling": _seconds(fill)}
    person = participant_join(Study.objects.get(name=f"s{n}"), annotators(1, prefix=f"new{n}")[0])
    took["next item"] = percentile([_seconds(next_item) for _ in range(50)], 0.5)
    commands = {
        "figures of the study": ("study_stats", f"s{n}", "--json"),
        "export of judgments": ("export_judgments", f"s{n}", "--output", f"{folder}/j{n}.csv"),
        "export of intentions": ("export_intentions", f"r{n}", "--output", f"{folder}/i{n}.jsonl", "--format", "jsonl"),
        "backup": ("backup", f"{folder}/b{n}"),
    }
    return took | {name: _seconds(partial(call_command, *words, stdout=StringIO())) for name, words in commands.items()}


def _database_bytes() -> int:
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return cursor.fetchone()[0]


def _seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def plan(options: argparse.Namespace) -> None:
    demands = Demands(*(each / 1000 for each in options.demands))
    print(f"  {demands}, one judgment of each annotator every {options.think:.0f} s")
    for annotators, machines, cores in ((1_000, 1, 4), (10_000, 1, 16), (10_000, 4, 8), (10_000, 8, 8)):
        machine = Machine(cores * machines, processes=cores * machines)
        rate, p95 = Simulation(machine, demands, annotators=annotators, think_s=options.think).run(60)
        print(
            f"  {annotators:>6,} annotators, {machines} x {cores} cores: "
            f"{rate:.0f} judgments/s, p95 {1000 * p95:.0f} ms"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["load", "growth", "plan"])
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--demands", type=float, nargs=2, default=[6.0, 2.0], help="ms: web, database")
    parser.add_argument("--think", type=float, default=25)
    options = parser.parse_args()
    if options.part == "plan":
        plan(options)
        return
    with own_services() as folder:
        options.folder = folder
        globals()[options.part](options)


if __name__ == "__main__":
    main()
