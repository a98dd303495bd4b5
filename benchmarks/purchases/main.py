"""Do tests of purchases tell an effect from none and from a leak? How fast do purchases come in?

python -m benchmarks.purchases.main [worlds|import|real] [--quick] [--data DIR]
"""

import argparse
import csv
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.bars import Row, at_most, show, within
from benchmarks.own_services import own_services
from benchmarks.purchases.worlds import world
from research.ranking.designs import Catalog, Event, Intentions, Told, queries_draw
from research.ranking.rankers import Bm25, Index, TfIdf
from research.ranking.results import Trial, leak_of, trial_results

WORLDS, EVENTS = 200, 400
REVIEWS, PRODUCTS, BUYERS = 1_000_000, 20_000, 200_000
FIRST_DAY, DAYS = 1_388_534_400, 1_800  # from 2014 on
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "intentionqa"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=["worlds", "import", "real"])
    parser.add_argument("--quick", action="store_true", help="a tenth of it")
    parser.add_argument("--data", type=Path, default=SHARED, help="the folder of IntentionQA")
    asked = parser.parse_args()
    share, missed = (10 if asked.quick else 1), 0
    parts = {
        "worlds": lambda: worlds(WORLDS // share),
        "import": lambda: importing(REVIEWS // share),
        "real": lambda: real(asked.data),
    }
    for name, rows in parts.items():
        if asked.part in (None, name):
            for row in rows():
                show(row)
                missed += not row.met
    print(f"{missed} bars missed" if missed else "all bars met")
    return bool(missed)


def worlds(n: int) -> Iterator[Row]:
    bars = (("none", "transfer", 0, 0.08), ("effect", "transfer", 0.9, 1), ("leak", "transfer", 0, 0.08),
            ("leak", "naive", 0.5, 1))  # fmt: skip
    for kind, design, low, high in bars:
        said = 0
        for seed in range(n):
            trial = world(kind, seed, design=design, events=EVENTS)
            said += trial_results(trial, Bm25(Index(trial.catalog.titles)))["predicts"]
        yield within(f"{n} worlds, {kind}: {design} says that intentions predict", said / n, low, high)


def importing(n: int) -> Iterator[Row]:
    with own_services(), tempfile.TemporaryDirectory() as folder:
        from distillation.models import Product  # noqa: PLC0415
        from distillation.purchases.importing import PurchaseRequest, purchases_import  # noqa: PLC0415

        Product.objects.bulk_create(
            (Product(asin=f"P{i:06d}", title=f"Product {i}") for i in range(PRODUCTS)), batch_size=5_000
        )
        path = _reviews(Path(folder) / "reviews.json", n)
        before, start = _peak(), time.perf_counter()
        account = purchases_import(PurchaseRequest(paths=[path], window=7))
        took = time.perf_counter() - start
        yield Row(f"{n:,} reviews of 2018 read", f"{n / took:,.0f}/s", "none set", account.adds_up())
        more = _peak() - before
        yield at_most(f"more than at the peak of {before:.0f} MB before it", more, 100, "MB")
        again = purchases_import(PurchaseRequest(paths=[path], window=7))
        yield Row("the same again adds", f"{again.purchases_new + again.cobuys_new}", "0", not again.purchases_new)


def _reviews(path: Path, n: int) -> Path:
    rng = np.random.default_rng(1)
    product, buyer, day = rng.integers(PRODUCTS, size=n), rng.integers(BUYERS, size=n), rng.integers(DAYS, size=n)
    with path.open("w") as file:
        for p, b, d in zip(product.tolist(), buyer.tolist(), day.tolist(), strict=True):
            row = {"reviewerID": f"A{b}", "asin": f"P{p:06d}", "unixReviewTime": FIRST_DAY + 86_400 * d,
                   "verified": True, "overall": 5.0, "reviewText": "Does what it should. " * 8}  # fmt: skip
            file.write(json.dumps(row) + "\n")
    return path


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def real(data: Path) -> Iterator[Row]:
    """IntentionQA's titles and intentions, the naive design: how much names the partner, and what that is worth."""
    if not data.exists():
        print(f"skipped: {data} is not there; give --data the folder of IntentionQA")
        return
    titles = {row["asin"]: row["title"] for row in csv.DictReader((data / "products.csv").open())}
    rows = list(csv.DictReader((data / "intentions.csv").open()))
    place = {asin: i for i, asin in enumerate(titles)}
    partners: list[set[int]] = [set() for _ in titles]
    for row in rows:
        a, b = place[row["asin_a"]], place[row["asin_b"]]
        partners[a].add(b)
        partners[b].add(a)
    told = [
        Told(
            place[row["asin_a"]], place[row["asin_b"]], row["relation"], row["assertion"].split("Item B ", 1)[-1], True
        )
        for row in rows
    ]
    catalog = Catalog(list(titles.values()), ["all"] * len(titles), partners)
    events = [Event(a, b) for a, b in dict.fromkeys((each.a, each.b) for each in told)]
    queries = queries_draw(catalog, events, "random", np.random.default_rng(0)).queries
    trial = Trial("naive", catalog, Intentions(told), queries, filtered=False)
    found = trial_results(trial, TfIdf(Index(catalog.titles)))
    for arm in found["arms"]:
        print(f"   {arm['title']}: MRR {arm['mrr']['value']:.3f}, hits@10 {arm['hits@10']['value']:.3f}")
    over, cut = found["differences"]["title"], found["over_title"]["cut"]
    print(
        f"   over the title {over['value']:+.3f} {over['ci95']}; the leak taken out {cut['value']:+.3f} {cut['ci95']}"
    )
    leak = leak_of(trial)
    yield within(f"of {leak['intentions']:,} intentions of IntentionQA name the partner", leak["share"], 0, 1)


if __name__ == "__main__":
    sys.exit(main())
