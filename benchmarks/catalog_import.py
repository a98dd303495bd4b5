"""Import of generated lines in the 2018 shape, against the least that reading and keeping them takes.

  python -m benchmarks.catalog_import [--lines N] [--small N]

Works in a database of its own, which it makes and drops. Prints the ratios that count; ends with 1 where one is missed.
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
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import psycopg
from isal import igzip

ROOT = Path(__file__).resolve().parent.parent
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


def imported(path: Path) -> tuple[float, float, dict]:
    """Seconds, peak memory in MB, and the account."""
    start = time.perf_counter()
    process = subprocess.Popen(import_words(path), cwd=ROOT, stdout=subprocess.PIPE)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit("The import failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024, json.loads(output)


def killed(path: Path, after: float) -> None:
    process = subprocess.Popen(import_words(path), cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()


def checksum(connection: psycopg.Connection) -> str:
    digest = hashlib.sha256()
    for query in TABLES.values():
        with connection.cursor().copy(f"COPY ({query}) TO STDOUT") as copy:
            for data in copy:
                digest.update(data)
    return digest.hexdigest()


def empty(connection: psycopg.Connection) -> None:
    connection.execute("TRUNCATE distillation_product, distillation_cobuy, distillation_catalogimport CASCADE")
    connection.commit()


def judge(what: str, value: float, bar: float) -> bool:
    print(f"  {'ok    ' if value <= bar else 'MISSED'} {what}: {value:.2f} (at most {bar})", flush=True)
    return value <= bar


def measure(options: argparse.Namespace, folder: Path, connect: dict) -> bool:
    large, small = folder / "large.json.gz", folder / "small.json.gz"
    generate(large, options.lines)
    generate(small, options.small)
    with psycopg.connect(**connect) as connection:
        floor = min(least(large, connect) for _ in range(2))
        print(f"{options.lines:,} lines, {large.stat().st_size / 1e6:,.0f} MB; the least: {floor:.1f} s", flush=True)
        _, small_peak, _ = imported(small)
        empty(connection)
        first, peak, account = imported(large)
        print(f"  {account['products_new']:,} products, {account['candidates']:,} candidates, first: {first:.1f} s")
        whole, versions = checksum(connection), connection.execute(VERSIONS).fetchone()
        connection.commit()
        again, _, account = imported(large)
        same = connection.execute(VERSIONS).fetchone() == versions
        connection.commit()
        print(f"  again: {again:.1f} s, {account['products_unchanged']:,} products unchanged, no row written: {same}")
        verdicts = [
            same,
            judge("first / least", first / floor, 2.5),
            judge("again / first", again / first, 0.8),
            judge("peak memory, MB", peak, 150),
            judge(f"peak memory / that at {options.small:,} lines", peak / small_peak, 1.1),
            survives(large, connection, first, whole),
        ]
    return all(verdicts)


def survives(path: Path, connection: psycopg.Connection, seconds: float, whole: str) -> bool:
    empty(connection)
    rng = random.Random()
    for _ in range(KILLS):
        after = rng.uniform(0.1, 0.6) * seconds
        killed(path, after)
        print(f"  killed after {after:.1f} s", flush=True)
    imported(path)
    same = checksum(connection) == whole
    print(f"  {'ok    ' if same else 'MISSED'} after {KILLS} kills the same tables as without", flush=True)
    return same


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mindsite-bench-") as folder:
        Path(folder).chmod(0o755)
        os.environ.update(MINDSITE_VAR=f"{folder}/var", LOG_LEVEL="WARNING")
        os.environ.pop("DATABASE_URL", None)
        from mindsite import embedded  # noqa: PLC0415 - reads MINDSITE_VAR

        with embedded.services(broker=False):
            subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, check=True)
            settings = embedded.database_settings()
            connect = {"host": settings["HOST"], "port": settings["PORT"], "user": settings["USER"]}
            sys.exit(not measure(options, Path(folder), {**connect, "dbname": settings["NAME"]}))


if __name__ == "__main__":
    main()
