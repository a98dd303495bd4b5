"""Six arms over real co-buys with real photos against a model server of known manners, and the same as single runs.

  python -m benchmarks.research.arms [--limit N] [--latency-ms MS]

Speed is of calls, once the treated pictures are there; treating is timed apart. The server, the co-buys and the photos
are not part of the project: skipped where they are absent.
"""

import argparse
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.bars import at_most, holds, show
from benchmarks.own_services import own_services

if TYPE_CHECKING:
    from benchmarks.pipeline.world import Worker
    from distillation.models import Run

SHARED = Path(__file__).resolve().parents[3] / "shared"
VARY = {"pictures": ["grey", "median", "shuffle", "swapped", "none"]}
RELATIONS = "usedFor,propertyOf,similarTo,open"
SLOWER_AT_MOST = 1.10
MOST_S = 3_600


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder of bench/ and data/")
    parser.add_argument("--limit", type=int, help="only the first N co-buys")
    parser.add_argument("--latency-ms", type=float, default=5, help="of an answer; more measures the waiting")
    options = parser.parse_args()
    if not (options.shared / "bench/fake_lvlm.py").is_file():
        print(f"Skipped: {options.shared}/bench is not there")
        return 0
    with own_services() as folder:
        return _measure(Path(folder), options.shared, options.limit, options.latency_ms)


def _measure(folder: Path, shared: Path, limit: int | None, latency_ms: float) -> int:
    from benchmarks.pipeline import world  # noqa: PLC0415 - it needs the settings
    from distillation.runs.pictures import run_pictures_ready  # noqa: PLC0415

    here = world.World(folder, shared / "bench", shared / "data/photos/img")
    _catalog(shared)
    with here.server(manners=("--latency-ms", str(latency_ms))) as server:
        urls = [f"{server.url},{world.PLACES}"]
        single, together = (_arms(name, at, urls, limit) for name, at in (("single", 0.2), ("together", 0.3)))
        began = time.monotonic()
        for run in single:
            while not run_pictures_ready(run, seconds=60):
                pass
        print(f"treating the pictures: {time.monotonic() - began:.1f} s", flush=True)
        with here.worker() as worker:
            # Half before, half after: what else the machine does drifts.
            before = sum(_spent(worker, run) for run in single[:3])
            at_once, at_once_cpu = _spent(worker, *together)
            alone, alone_cpu = before + sum(_spent(worker, run) for run in single[3:])
    told = f"{alone:.1f} and {at_once:.1f} s; processor seconds of the worker {alone_cpu:.0f} and {at_once_cpu:.0f}"
    is_fast = show(at_most("six arms over six single runs", at_once / alone, SLOWER_AT_MOST), told)
    return 0 if all([is_fast, *_accounts(together[0])]) else 1


def _arms(name: str, temperature: float, urls: list[str], limit: int | None) -> "list[Run]":
    """The runs of an experiment of that name, its control first."""
    from distillation.runs.services import RunSettings, run_start  # noqa: PLC0415
    from research.experiments.making import arms_check, experiment_create, experiment_plan  # noqa: PLC0415

    asked = RunSettings.checked(relations=RELATIONS, limit=limit, temperature=temperature)
    control, _ = run_start(name=f"{name}-control", backend="openai", model="fake", base_urls=urls, settings=asked)
    plan = experiment_plan(control=control, vary=VARY)
    made = experiment_create(name=name, plan=plan, checked=arms_check(plan))
    return [arm.run for arm in made.arms.select_related("run")]


def _spent(worker: "Worker", *runs: "Run") -> np.ndarray:
    """Seconds of the wall clock, and of the worker's processors, until all of the runs have ended."""
    from benchmarks.pipeline.world import ended  # noqa: PLC0415
    from distillation.tasks import run_wake  # noqa: PLC0415

    began = np.array([time.monotonic(), worker.processor_seconds()])
    for run in runs:
        run_wake(run)
    for run in runs:
        ended(run, MOST_S)
    return np.array([time.monotonic(), worker.processor_seconds()]) - began


def _accounts(run: "Run") -> list[bool]:
    """What became of each unit of the run's experiment, and that each treatment has files of its own."""
    from distillation.models import TreatedPicture  # noqa: PLC0415
    from research.experiments.exact import exact  # noqa: PLC0415

    figures = exact(list(run.arms.get().experiment.arms.select_related("run")))
    for each in figures.arms:
        print(
            f"{each.arm.label}: {each.units:,} units = {each.whole.verdicts:,} verdicts + {each.whole.failed:,} failed "
            f"+ {each.left_out:,} co-buys left out ({each.unchanged:,} unchanged) + {each.owed:,} owed: "
            f"{'adds up' if each.adds_up else 'DOES NOT ADD UP'}"
        )
    shown = TreatedPicture.objects.exclude(picture=None)
    mixed = len({row.picture.digest for row in shown.select_related("picture")}) != shown.count()
    return [
        show(holds("the sums of every arm add up", all(each.adds_up for each in figures.arms))),
        show(holds("no picture file serves two treatments", not mixed)),
    ]


def _catalog(shared: Path) -> None:
    """The real titles and co-buys; each product has the photo that the hash of its ASIN points to."""
    from django.core.management import call_command  # noqa: PLC0415

    from distillation.catalog.pictures.store import picture_store  # noqa: PLC0415
    from distillation.models import Product  # noqa: PLC0415

    data = shared / "data/intentionqa"
    files = str(data / "products.csv"), "--format", "csv", "--cobuys", str(data / "cobuy.csv")
    call_command("import_catalog", *files, verbosity=0)
    photos = [picture_store(path.read_bytes()) for path in sorted((shared / "data/photos/img").glob("*.jpg"))]
    products = list(Product.objects.all())
    for product in products:
        product.picture = photos[int(sha256(product.asin.encode()).hexdigest(), 16) % len(photos)]
    Product.objects.bulk_update(products, ["picture"], batch_size=500)


if __name__ == "__main__":
    sys.exit(main())
