"""A run by the batch API with faults: 842 co-buys x 4 relations, 5 % of lines failed, a file expired, answers shuffled
and those of a file twice, and a worker that is killed at whatever it does. The sums must add up.

  python -m benchmarks.pipeline.batches [--cobuys 842] [--kills 12] [--lines 1000]

The server of the batch API is that of the tests. Works in a database of its own.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

from benchmarks.bars import holds, show
from benchmarks.own_services import own_services

ROOT = Path(__file__).resolve().parents[2]
RELATIONS = "usedFor,capableOf,isA,open"
FAILED, FOR_GOOD = 0.05, 0.01  # of the lines at each time; of these whenever they are asked
WORKER = (
    "from distillation.models import Run\n"
    "from distillation.tasks import advance_run\n"
    "while Run.objects.get().state == 'running': advance_run(Run.objects.get().pk)\n"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cobuys", type=int, default=842)
    parser.add_argument("--kills", type=int, default=12, help="half of them when the server has just done something")
    parser.add_argument("--lines", type=int, default=1_000, help="of a file, at most")
    options = parser.parse_args()
    os.environ["LVLM_BATCH_LINES"] = str(options.lines)
    os.environ["LVLM_BATCH_PICTURES"] = "https://pictures.example/media"
    with own_services():
        sys.exit(0 if measure(options) else 1)


def measure(options: argparse.Namespace) -> bool:
    from distillation.models import Run  # noqa: PLC0415 - they need the settings
    from tests.distillation.batch_server import batch_serving  # noqa: PLC0415

    catalog(options.cobuys)
    draw, began = random.Random(5), time.monotonic()
    with batch_serving() as server:
        server.expires, server.repeats = {2}, {4, 5}
        server.refuses = some_of_them
        words = [
            "distill",
            "--run",
            "batched",
            "--backend",
            "batch",
            "--base-url",
            server.url,
            "--relations",
            RELATIONS,
        ]
        subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        where = Counter(killed(server, draw, after_event=i % 2 == 0) for i in range(options.kills))
        work(None)
        print(f"  {time.monotonic() - began:.0f} s; killed: {dict(where)}")
        return sums(Run.objects.get(), server)


def catalog(n: int) -> None:
    from distillation.catalog.pictures.store import picture_store  # noqa: PLC0415
    from distillation.models import CoBuy, Product  # noqa: PLC0415
    from distillation.pipeline.trial import trial_pair  # noqa: PLC0415

    pictures = [picture_store(product.picture.jpeg) for product in (trial_pair().a, trial_pair().b)]
    products = Product.objects.bulk_create(
        Product(asin=f"B{i:09d}", title=f"Product number {i}, black", picture=pictures[i % 2]) for i in range(n + 1)
    )
    CoBuy.objects.bulk_create(CoBuy(a=a, b=b) for a, b in pairwise(products))


def some_of_them(line: dict, n: int) -> tuple | None:
    draw = random.Random(f"{line['custom_id']} {n}").random()
    if random.Random(line["custom_id"]).random() < FOR_GOOD:
        return 400, {"error": {"message": "No such luck"}}
    return (500, {"error": {"message": "Oops"}}) if draw < FAILED - FOR_GOOD else None


def work(until: float | None) -> subprocess.Popen:
    """A worker, to its end where no other is given."""
    worker = subprocess.Popen([sys.executable, "manage.py", "shell", "-v", "0", "-c", WORKER], cwd=ROOT)
    if until is None and worker.wait():
        sys.exit("The worker ended badly")
    return worker


def killed(server, draw: random.Random, *, after_event: bool) -> str:
    """What the worker was at: the last that the server did for it, or nothing where it was done before."""
    last, events, at, begun = "", 0, draw.randrange(2, 9), threading.Event()
    worker = work(0)

    def heard(what: str, n: int) -> None:
        nonlocal last, events
        last, events = what, events + 1
        begun.set()
        if after_event and events == at:
            worker.kill()

    server.heard = heard
    begun.wait(60)
    try:
        worker.wait(60 if after_event else draw.uniform(0, 3))
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
    server.heard = lambda what, n: None
    when = "at" if after_event else "some time after"
    return f"{when} {last}" if worker.returncode == -signal.SIGKILL else "nothing: it was done"


def sums(run, server) -> bool:
    from django.db.models import Sum  # noqa: PLC0415

    from distillation.models import Batch, BatchCall, Intention, RunTick, Verdict  # noqa: PLC0415
    from distillation.runs.reports import run_progress  # noqa: PLC0415

    told = run_progress(run)
    lines, calls = server.asked.total(), RunTick.objects.aggregate(n=Sum("calls"))["n"]
    states = dict(Counter(Batch.objects.values_list("state", flat=True)))
    failed = {f"{group['step']}: {group['reason']}": group["count"] for group in told.failures}
    units = Intention.objects.values("cobuy", "relation", "sample").distinct().count()
    doubles = Intention.objects.count() - units + Verdict.objects.count() - told.verdicts.done
    print(f"  {told.account()}\n  failed: {json.dumps(failed)}\n  {len(server.batches)} batches sent, {states}")
    print(f"  {lines:,} lines answered, {calls:,} calls in the account; most for one: {max(server.asked.values())}")
    print(f"  doubles: {doubles}; calls still on record: {BatchCall.objects.count()}")
    met = told.complete and not (told.owed or told.unaccounted or doubles) and lines == calls
    show(holds("the sums add up", met))
    return met


if __name__ == "__main__":
    main()
