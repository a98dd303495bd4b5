"""A million reviews through import_reviews, in the layout of Amazon 2018, with co-buys made of them; no bar is set.

python -m benchmarks.purchases.reviews [--reviews N] [--products N] [--buyers N] [--window DAYS]
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.bars import holds, show
from benchmarks.own_services import own_services

YEARS_2004, YEARS_2018 = 1_072_915_200, 1_514_764_800
TEXT = "Does what it says and arrived in time; I would buy it again for the price. " * 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reviews", type=int, default=1_000_000)
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--buyers", type=int, default=300_000)
    parser.add_argument("--window", type=int, default=30)
    options = parser.parse_args()
    with own_services() as folder:
        path = Path(folder) / "reviews.json"
        _products(options.products)
        _write(path, options.reviews, options.products, options.buyers)
        print(f"{options.reviews:,} reviews, {path.stat().st_size / 1e6:,.0f} MB", flush=True)
        return 0 if _imported(path, options.reviews, options.window) else 1


def _products(n: int) -> None:
    from django.db import connection  # noqa: PLC0415 - it needs the settings

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO distillation_product (asin, title, category, picture_problem) "
            "SELECT 'B' || lpad(n::text, 9, '0'), 'Product ' || n, '', '' FROM generate_series(0, %s) n",
            [n - 1],
        )


def _write(path: Path, reviews: int, products: int, buyers: int) -> None:
    """Buyers come back: the product of a review by popularity, its time within some weeks of the buyer's own."""
    rng = np.random.default_rng(14)
    of = rng.integers(0, buyers, reviews)
    bought = np.minimum(rng.zipf(1.3, reviews), products) - 1
    own = rng.integers(YEARS_2004, YEARS_2018, buyers)[of]
    at = own + rng.integers(0, 60, reviews) * 86_400
    with path.open("w") as file:
        for buyer, product, when in zip(of.tolist(), bought.tolist(), at.tolist(), strict=True):
            line = {"overall": 5.0, "verified": True, "reviewTime": "02 28, 2014", "reviewerID": f"A{buyer}",
                    "asin": f"B{product:09d}", "reviewText": TEXT, "unixReviewTime": when}  # fmt: skip
            file.write(json.dumps(line) + "\n")


def _imported(path: Path, reviews: int, window: int) -> bool:
    """By the command, in a process of its own."""
    command = [sys.executable, "manage.py", "import_reviews", str(path), "--window", str(window), "--json"]
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    told = json.loads(child.stdout.read()) if child.stdout else {}
    _, status, usage = os.wait4(child.pid, 0)
    seconds, cpu = time.perf_counter() - began, usage.ru_utime + usage.ru_stime
    print(f"imported in {seconds:.0f} s, {reviews / seconds:,.0f} reviews/s; processor time {cpu:.0f} s")
    print(f"peak memory {usage.ru_maxrss / 1024:.0f} MB")
    print(
        f"{told['purchases_new']:,} purchases, {told['pairs']:,} pairs, {told['cobuys_new']:,} new co-buys", flush=True
    )
    stored = told["purchases_new"] + told["purchases_already_stored"] + sum(told["purchases_left_out"].values())
    adds_up = told["lines"] == reviews and told["purchases"] == stored
    show(holds("every line is accounted for", adds_up))
    return status == 0 and adds_up


if __name__ == "__main__":
    sys.exit(main())
