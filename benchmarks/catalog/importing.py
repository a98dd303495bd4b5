"""Import of generated lines in the 2018 shape, against the least that reading and keeping them takes.

  python -m benchmarks.catalog.importing [--lines N] [--small N]

An import ends with its account: tables and keys are complete then. The indexes that make pages quick come after it,
before the command ends; their time is printed beside it. Works in a database of its own, which it makes and drops.
Prints the ratios that count; ends with 1 where one is missed.
"""

import argparse
import gzip
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import orjson
import psycopg
from django.conf import settings
from isal import igzip

from benchmarks.bars import at_most, holds, show
from benchmarks.own_services import own_services

ROOT = Path(__file__).resolve().parents[2]
SEED = 7
KILLS = 3
TABLES = {
    "products": "SELECT id, asin, title, category, price, picture_problem FROM distillation_product ORDER BY id",
    "co-buys": "SELECT id, a_id, b_id FROM distillation_cobuy ORDER BY id",
}
# A row of either that was written anew, even with the same values, has another xmin.
VERSIONS = """
SELECT (SELECT sum(hashint8(xmin::text::bigint)::numeric * id) FROM distillation_product),
       (SELECT sum(hashint8(xmin::text::bigint)::numeric * id) FROM distillation_cobuy)
"""


INDEXES = """
SELECT indexdef FROM pg_indexes WHERE tablename IN ('distillation_product', 'distillation_cobuy') ORDER BY indexdef
"""


class Imported(NamedTuple):
    seconds: float  # to the account
    whole: float  # to the end of the command, which makes indexes
    peak: float  # MB, of the command and of what it starts, at one moment
    account: dict


def generate(path: Path, lines: int) -> None:
    """About 1.8 KB and 8 candidates a line, two thirds of them of products in the file."""
    rng = random.Random(SEED)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 9))) for _ in range(5000)]
    texts = [" ".join(rng.choices(words, k=170)) for _ in range(3000)]
    with igzip.open(path, "wb", compresslevel=1) as file:
        for first in range(0, lines, 1000):
            block = range(first, min(first + 1000, lines))
            file.write(b"".join(orjson.dumps(item(n, lines, rng, words, texts)) + b"\n" for n in block))


def item(n: int, lines: int, rng: random.Random, words: list[str], texts: list[str]) -> dict:
    def asin(k: int) -> str:
        return f"B{k * 7919 % 10**9:09d}"

    return {
        "category": ["Electronics", "Computers &amp; Accessories", rng.choice(words)], "tech1": "",
        "description": [rng.choice(texts)], "fit": "", "title": " ".join(rng.choices(words, k=13)),
        "also_buy": [asin(rng.randrange(int(lines * 1.45))) for _ in range(rng.randint(0, 16))], "tech2": "",
        "brand": rng.choice(words), "feature": [" ".join(rng.choices(words, k=12))], "rank": f">#{n:,} in Electronics",
        "also_view": [], "details": {"\n    Product Dimensions: \n    ": "5 x 3 x 2 inches"}, "main_cat": "Computers",
        "similar_item": "", "date": "June 2, 2014", "price": f"${rng.randint(1, 300)}.{rng.randint(10, 99)}",
        "asin": asin(n), "imageURL": [f"https://images.example/I/{n:08x}._US40_.jpg"],
        "imageURLHighRes": [f"https://images.example/I/{n:08x}.jpg"],
    }  # fmt: skip


def least(path: Path, connect: dict) -> float:
    """Seconds for gunzip, orjson.loads and COPY of the kept columns and of the candidates."""
    with psycopg.connect(**connect) as products, psycopg.connect(**connect) as candidates:
        products.execute("CREATE TABLE least_p (asin text, title text, category text, price text, image text)")
        candidates.execute("CREATE TABLE least_c (asin text, other text)")
        start = time.perf_counter()
        with (
            products.cursor().copy("COPY least_p FROM STDIN") as kept,
            candidates.cursor().copy("COPY least_c FROM STDIN") as pairs,
        ):
            for texts in least_blocks(path):
                kept.write(texts[0])
                pairs.write(texts[1])
        products.commit()
        candidates.commit()
        seconds = time.perf_counter() - start
        products.execute("DROP TABLE least_p, least_c")
    return seconds


def least_blocks(path: Path) -> Iterator[tuple[str, str]]:
    kept, pairs = [], []
    with gzip.open(path) as file:
        for line in file:
            got = orjson.loads(line)
            asin = got["asin"]
            image = got["imageURLHighRes"][0]
            kept.append(f"{asin}\t{got['title']}\t{got['category'][0]}\t{got['price']}\t{image}\n")
            pairs.extend([f"{asin}\t{other}\n" for other in got["also_buy"]])
            if len(kept) == 1000:
                yield "".join(kept), "".join(pairs)
                kept, pairs = [], []
    yield "".join(kept), "".join(pairs)


def import_words(path: Path) -> list[str]:
    return [sys.executable, "manage.py", "import_catalog", str(path), "--format", "amazon-2018", "--json"]


def imported(path: Path) -> Imported:
    start = time.perf_counter()
    process = subprocess.Popen(import_words(path), cwd=ROOT, stdout=subprocess.PIPE)
    with ThreadPoolExecutor(1) as beside:
        peak = beside.submit(peak_of, process)
        output = process.stdout.readline()
        seconds = time.perf_counter() - start
        if process.wait():
            sys.exit("The import failed")
        return Imported(seconds, time.perf_counter() - start, peak.result(), json.loads(output))


def peak_of(process: subprocess.Popen) -> float:
    """MB of it and its children, shared pages counted for each of them; looked at ten times a second until it ends."""
    peak = 0
    while process.poll() is None:
        with suppress(OSError):  # one that has just ended
            peak = max(peak, sum(map(pages, (process.pid, *children(process.pid)))))
        time.sleep(0.1)
    return peak * os.sysconf("SC_PAGE_SIZE") / 1024**2


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found] + [grandchild for child in found for grandchild in children(int(child))]


def pages(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1])


def killed(path: Path, after: float) -> None:
    process = subprocess.Popen(import_words(path), cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()


def killed_behind_the_account(path: Path) -> None:
    """While the indexes are made."""
    process = subprocess.Popen(import_words(path), cwd=ROOT, stdout=subprocess.PIPE)
    process.stdout.readline()
    time.sleep(1)
    process.send_signal(signal.SIGKILL)
    process.wait()


def checksum(connection: psycopg.Connection) -> str:
    digest = hashlib.sha256()
    for query in TABLES.values():
        with connection.cursor().copy(f"COPY ({query}) TO STDOUT") as copy:
            for data in copy:
                digest.update(data)
    digest.update(repr(connection.execute(INDEXES).fetchall()).encode())
    connection.commit()
    return digest.hexdigest()


def empty(connection: psycopg.Connection) -> None:
    tables = "product", "productagain", "cobuy", "cobuyagain", "catalogimport"
    connection.execute(f"TRUNCATE {', '.join(f'distillation_{name}' for name in tables)} CASCADE")
    connection.commit()


def measure(options: argparse.Namespace, folder: Path, connect: dict) -> bool:
    large, small = folder / "large.json.gz", folder / "small.json.gz"
    generate(large, options.lines)
    generate(small, options.small)
    with psycopg.connect(**connect) as connection:
        floor = min(least(large, connect) for _ in range(2))
        print(f"{options.lines:,} lines, {large.stat().st_size / 1e6:,.0f} MB; the least: {floor:.1f} s", flush=True)
        small_peak = imported(small).peak
        empty(connection)
        first = imported(large)
        print(
            f"  {first.account['products_new']:,} products, {first.account['candidates']:,} candidates; tables, keys,"
            f" account {first.seconds:.1f} s, then indexes {first.whole - first.seconds:.1f} s"
            f" (load average {os.getloadavg()[0]:.1f})"
        )
        sums, versions = checksum(connection), connection.execute(VERSIONS).fetchone()
        connection.commit()
        again = imported(large)
        same = connection.execute(VERSIONS).fetchone() == versions
        connection.commit()
        unchanged = again.account["products_unchanged"]
        print(f"  again: {again.whole:.1f} s, {unchanged:,} products unchanged, no row written: {same}")
        verdicts = [
            show(holds("again, no row written", same)),
            show(at_most("first, to the account, over the least", first.seconds / floor, 1.8)),
            show(at_most("again over first, both to the end of the command", again.whole / first.whole, 0.8)),
            show(at_most("peak memory of both processes", first.peak, 150, "MB")),
            show(at_most(f"peak memory over that at {options.small:,} lines", first.peak / small_peak, 1.1)),
            survives(large, connection, first.seconds, sums),
        ]
    return all(verdicts)


def survives(path: Path, connection: psycopg.Connection, seconds: float, sums: str) -> bool:
    empty(connection)
    rng = random.Random()
    for _ in range(KILLS):
        after = rng.uniform(0.1, 0.6) * seconds
        killed(path, after)
        print(f"  killed after {after:.1f} s", flush=True)
    killed_behind_the_account(path)
    print("  killed while it made its indexes", flush=True)
    imported(path)
    same = checksum(connection) == sums
    return show(holds(f"after {KILLS + 1} kills the same tables and indexes as without", same))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=100_000)
    options = parser.parse_args()
    with own_services() as folder:
        place = settings.DATABASES["default"]
        connect = {"host": place["HOST"], "port": place["PORT"], "user": place["USER"], "dbname": place["NAME"]}
        sys.exit(not measure(options, Path(folder), connect))


if __name__ == "__main__":
    main()
