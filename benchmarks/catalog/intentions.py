"""Import of intentions made elsewhere, by this code and, in turns, by an earlier checkout of it.

  python -m benchmarks.catalog.intentions [--intentions N] [--rounds N] [--before CHECKOUT]

Each in services of its own, with tables made; the command's whole time counts. Both must write the same rows, with
the same words for the search. Without --before there is a rate and no bar. An earlier checkout finds its packages where
this Python does (PYTHONPATH for what is needed no more).
"""

import argparse
import hashlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.bars import at_least, holds, show

ROOT = Path(__file__).resolve().parents[2]
SEED = 7
BAR = 3.0
# English, as near as a list of words comes to it: half of a sentence's words are these.
COMMON = ("the", "and", "of", "to", "is", "with", "they", "for", "both", "a", "in", "when", "their", "so", "that", "it")
RELATIONS = 20
# Of the words what does not depend on ids; those that do are tried against the row's own.
WRITTEN = """
SELECT a.asin, b.asin, i.relation, i.sample, i.text, i.raw_reply, v.yes, v.p_yes, v.reason,
       (SELECT array_agg(word ORDER BY word) FROM unnest(tsvector_to_array(i.search)) word
        WHERE word NOT LIKE 'run=%' AND word NOT LIKE 'block=%'),
       i.search @@ format('''run=%s'' & ''block=%s''', i.run_id, i.id / 8192)::tsquery
FROM distillation_intention i JOIN distillation_cobuy c ON c.id = i.cobuy_id
JOIN distillation_product a ON a.id = c.a_id JOIN distillation_product b ON b.id = c.b_id
LEFT JOIN distillation_verdict v ON v.intention_id = i.id ORDER BY i.id
"""
TOLD = """
import sys, time
from pathlib import Path
import django
django.setup()
from mindsite import embedded
from django.core.management import call_command
with embedded.services(say=lambda line: None):
    call_command("migrate", verbosity=0)
    begun = time.perf_counter()
    call_command("import_intentions", sys.argv[1], "--run", "elsewhere", "--create")
    seconds = time.perf_counter() - begun
    from django.db import connection
    with connection.cursor() as cursor, cursor.copy(f"COPY ({sys.argv[2]}) TO STDOUT") as copy:
        with Path(sys.argv[3]).open("wb") as file:
            for data in copy:
                file.write(data)
    Path(sys.argv[4]).write_text(str(seconds))
"""


def generate(path: Path, n: int) -> None:
    """About 80 words each, 20 relations a co-buy, five co-buys a product."""
    rng = random.Random(SEED)
    words = ["".join(rng.choices("aeioubcdfglmnprst", k=rng.randint(3, 9))) for _ in range(8_000)]
    n_products = n // RELATIONS // 5 + 10
    titles = [" ".join(rng.choices(words, k=14)) for _ in range(n_products)]
    with path.open("w") as file:
        for i in range(n):
            file.write(json.dumps(_row(i, titles, words, rng)) + "\n")


def _row(i: int, titles: list[str], words: list[str], rng: random.Random) -> dict:
    from distillation.pipeline.relations import RELATIONS as CODES  # noqa: PLC0415

    turn, a = divmod(i // RELATIONS, len(titles))
    b = (a + 1 + 7 * turn) % len(titles)
    said = [rng.choice(COMMON) if rng.random() < 0.45 else _zipf(words, rng) for _ in range(rng.randint(48, 109))]
    p_yes = round(rng.random(), 3)
    return {
        "id": i, "asin_a": f"B{a:09d}", "asin_b": f"B{b:09d}", "relation": list(CODES)[i % RELATIONS],
        "text": f"They bought both because {' '.join(said)}.", "verdict": "yes" if p_yes >= 0.5 else "no",
        "p_yes": p_yes, "reason": " ".join(said[:12]), "title_a": titles[a], "title_b": titles[b],
        "category_a": "Electronics", "category_b": "Books",
    }  # fmt: skip


def _zipf(words: list[str], rng: random.Random) -> str:
    """Of V words, rank r comes at floor(V^random)."""
    return words[int(len(words) ** rng.random()) - 1]


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mindsite-bench-") as folder:
        yield Path(folder)


def imported(checkout: Path, path: Path) -> tuple[float, str]:
    """Seconds, and what was written."""
    with _folder() as folder:
        environment = {
            **os.environ, "MINDSITE_VAR": f"{folder}/var", "DJANGO_SETTINGS_MODULE": "mindsite.settings",
            "LOG_LEVEL": "ERROR",
        }  # fmt: skip
        rows, told = folder / "rows", folder / "seconds"
        command = [sys.executable, "-c", TOLD, str(path), WRITTEN, str(rows), str(told)]
        subprocess.run(command, cwd=checkout, env=environment, check=True, stdout=subprocess.DEVNULL)
        with rows.open("rb") as file:
            return float(told.read_text()), hashlib.file_digest(file, "sha256").hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--intentions", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--before", type=Path, help="a checkout of an earlier commit")
    options = parser.parse_args()
    checkouts = [ROOT, *([options.before.resolve()] if options.before else [])]
    seconds: dict[Path, list[float]] = {checkout: [] for checkout in checkouts}
    written = set()
    with _folder() as folder:
        path = folder / "intentions.jsonl"
        generate(path, options.intentions)
        print(f"{options.intentions:,} intentions, {path.stat().st_size / 1e6:,.0f} MB", flush=True)
        for checkout in checkouts * options.rounds:
            took, digest = imported(checkout, path)
            seconds[checkout].append(took)
            written.add(digest)
            per_row = 1e6 * took / options.intentions
            name, load = "now" if checkout == ROOT else "before", os.getloadavg()[0]
            print(f"  {name}: {took:.1f} s, {per_row:.0f} µs a row (load average {load:.1f})", flush=True)
    if not options.before:
        return 0
    now, before = (statistics.median(seconds[checkout]) for checkout in checkouts)
    same = show(holds("the same rows and words as before", len(written) == 1))
    return int(not (show(at_least("import of intentions, times as fast as before", before / now, BAR)) and same))


if __name__ == "__main__":
    sys.exit(main())
