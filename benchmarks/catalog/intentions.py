"""Import of intentions made elsewhere, by this code and, in turns, by an earlier checkout of it.

  python -m benchmarks.catalog.intentions [--intentions N] [--rounds N] [--before CHECKOUT]

Each in services of its own, with tables made; the command's whole time counts. Both must write the same rows, with
the same words for the search. Without --before there is a rate and no bar.
"""

import json
import random
import sys
import tempfile
from pathlib import Path

from benchmarks import beside

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
READ = f"""{beside.BEGUN}
rows, told, query, path = sys.argv[1:]
command = ["import_intentions", path, "--run", "elsewhere", "--create"]
with embedded.services(say=lambda line: None):
    call_command("migrate", verbosity=0)
{beside.TIMED}
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


def main() -> int:
    options = beside.asked(__doc__, "intentions", 200_000)
    n = options.intentions
    with tempfile.TemporaryDirectory(prefix="mindsite-bench-") as folder:
        path = Path(folder) / "intentions.jsonl"
        generate(path, n)
        print(f"{n:,} intentions, {path.stat().st_size / 1e6:,.0f} MB", flush=True)
        return beside.in_turns(
            beside.sides(Path(folder), options.before), lambda side: side.timed(READ, WRITTEN, str(path)),
            what="import of intentions", n=n, rounds=options.rounds, bar=BAR,
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
