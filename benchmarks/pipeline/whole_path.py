"""The whole path on real co-buys: import, run with the baseline, run against a faulty model server, and the sums.

  python -m benchmarks.pipeline.whole_path --data ../shared/data --server ../shared/bench/fake_lvlm.py

--data holds intentionqa/{products,cobuy}.csv and photos/img; each product gets a photo by the hash of its ASIN.
The data and the server are not part of the project. Works in a database of its own, which it makes and drops.
"""

import argparse
import csv
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RELATIONS = "usedFor,capableOf,isA,open"
PORT = 18_941


def manage(*words: str) -> tuple[float, str]:
    """(seconds, standard output) of a management command; its own words where it fails."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"manage.py {' '.join(words)} ended with {done.returncode}")
    return time.perf_counter() - start, done.stdout


def products_with_photos(data: Path, target: Path) -> int:
    """Copy products.csv with an `image` column that names a photo chosen by the hash of the ASIN."""
    photos = sorted(path.name for path in (data / "photos" / "img").iterdir())
    with (data / "intentionqa" / "products.csv").open(newline="") as source, target.open("w", newline="") as sink:
        writer = csv.writer(sink)
        writer.writerow(["asin", "title", "image"])
        rows = list(csv.DictReader(source))
        for row in rows:
            number = int.from_bytes(hashlib.sha256(row["asin"].encode()).digest()[:8])
            writer.writerow([row["asin"], row["title"], photos[number % len(photos)]])
    return len(rows)


@contextmanager
def faulty_server(script: Path, fail_rate: float) -> Iterator[str]:
    url = f"http://127.0.0.1:{PORT}"
    words = [sys.executable, str(script), "--port", str(PORT), "--latency-ms", "50", "--jitter-ms", "20"]
    server = subprocess.Popen([*words, "--max-concurrency", "64", "--fail-rate", str(fail_rate)])
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(f"{url}/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield url
        with urllib.request.urlopen(f"{url}/stats", timeout=5) as answer:
            stats = json.load(answer)
        print(f"  server: {stats['requests']:,} requests, {stats['answered_ok']:,} answered well")
    finally:
        server.terminate()
        server.wait()


def distil(name: str, *words: str) -> None:
    seconds, output = manage("distill", "--run", name, "--relations", RELATIONS, "--wait", "--json", *words)
    account = json.loads(output)
    verdicts, units = account["verdicts"], account["units"]
    failed = account["intentions"]["failed"] + verdicts["failed"]
    print(
        f"  {name}: {account['cobuys']} co-buys x {len(RELATIONS.split(','))} relations = {units:,} units"
        f" = {verdicts['done']:,} with a verdict + {failed} failed + {account['owed']} owed;"
        f" unaccounted: {account['unaccounted']}; {seconds:.1f} s"
    )
    for group in account["failures"]:
        print(f"    {group['count']} x {group['step']}: {group['reason']}")
    if account["unaccounted"] or account["owed"]:
        sys.exit("The sums do not add up")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--server", type=Path, default=ROOT.parent / "shared" / "bench" / "fake_lvlm.py")
    options = parser.parse_args()
    if not (options.data / "intentionqa").is_dir() or not options.server.is_file():
        sys.exit(f"Skipped: {options.data} or {options.server} is not there; name them with --data and --server")
    with tempfile.TemporaryDirectory(prefix="mindsite-bench-") as folder:
        os.environ.update(MINDSITE_VAR=f"{folder}/var", LVLM_TIMEOUT="5", LOG_LEVEL="WARNING")
        whole_path(options, Path(folder))


def whole_path(options: argparse.Namespace, folder: Path) -> None:
    n = products_with_photos(options.data, folder / "products.csv")
    seconds, output = manage(
        "import_catalog", str(folder / "products.csv"), "--format", "csv", "--json",
        "--cobuys", str(options.data / "intentionqa" / "cobuy.csv"), "--images", str(options.data / "photos" / "img"),
    )  # fmt: skip
    print(f"Import of {n:,} products: {seconds:.1f} s\n  {output.strip()}")
    print("Baseline")
    distil("baseline")
    print("Model server with 5 % faults")
    with faulty_server(options.server, 0.05) as url:
        distil("faulty", "--backend", "openai", "--base-url", url, "--model", "fake")
    manage("create_study", "bench", "--run", "faulty", "--items", "200", "--strata", "verdict")
    print("A study of 200 items, and its (empty) export:")
    print("  " + manage("export_judgments", "bench")[1].splitlines()[0][:100])


if __name__ == "__main__":
    main()
