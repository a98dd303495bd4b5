"""Search of the knowledge base at 1,260,000 intentions of about 70 words.

  python -m benchmarks.exports.search [--intentions N] [--var DIR]

50 searches of common and rare words, phrases and filters, each at its first page, deep in the past, and back: asked
through Django's test client, one by one. Works in a database of its own; --var keeps it in DIR and uses what is there.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

from benchmarks.bars import at_most, show
from benchmarks.own_services import own_services, percentile

BAR_MS = 80
REPEATS = 3
VOCABULARY, WORDS = 5_000, 70
PRODUCTS = 30_000

# Electronics were bought first, books last, so that a category is far from the newest id. The old run alone has hasA.
MAKE = """
SELECT setseed(0.5);
INSERT INTO distillation_product (asin, title, category, picture_problem)
SELECT 'B' || lpad(n::text, 9, '0'), initcap(left(translate(md5(n::text), '0123456789', 'ghijklmnop'), 7))
       || ' strap, black, size ' || n % 40, CASE WHEN n < 0.6 * {products} THEN 'Electronics' ELSE 'Books' END, ''
FROM generate_series(1, {products}) n;
INSERT INTO distillation_cobuy (a_id, b_id)
SELECT id, id + 1 + 7 * s FROM distillation_product, generate_series(0, 4) s
WHERE id + 1 + 7 * s <= (SELECT max(id) FROM distillation_product) ORDER BY id;
INSERT INTO distillation_run (name, backend, model, config, base_urls, prices, strictness, state, message)
SELECT name, 'baseline', 'rules-1', '{"relations": ["can"], "samples": 1, "with_images": false, "limit": null}',
       '[]', '{}', 0.5, 'done', ''
FROM unnest(ARRAY['old', 'new']) name;
"""
FINISH = """
INSERT INTO distillation_verdict (intention_id, yes, p_yes, reason, raw_reply)
SELECT id, p > 0.5, p, left(text, 200), left(text, 200)
FROM (SELECT id, text, random() ^ 1.2 AS p FROM distillation_intention) i ORDER BY id;
"""
COMMON, RARE = ("product", "camera", "travel"), ("hapaxoid", "cornered", "unheard")
SAID = (
    *COMMON,
    "garden",
    "winter",
    *RARE,
    '"camera travel"',
    '"product camera customer"',
    "camera or hapaxoid",
    "-camera",
)
FILTERS = (
    {"relation": "usedFor"},
    {"relation": "hasA"},
    {"category": "Electronics"},
    {"run": "old"},
    {"verdict": "kept"},
    {"p_from": "0.95"},
    {"p_from": "0.1", "p_to": "0.101"},
    {"label": "judged"},
    {"label": "plausible", "run": "old"},
    {"label": "none"},
    {"relation": "usedFor", "category": "Electronics", "verdict": "rejected"},
)


def searches() -> list[dict]:
    alone = [{}, *({"q": words} for words in SAID), *FILTERS]
    both = [{"q": words, **chosen} for chosen in FILTERS for words in ("product", "garden", "hapaxoid")]
    return (alone + both)[:50]


def make(n: int) -> None:
    from django.db import connection  # noqa: PLC0415 - wants the settings first

    from benchmarks.fill import annotators, study_filled  # noqa: PLC0415
    from distillation.models import Run  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM distillation_intention)")
        if cursor.fetchone()[0]:
            return
        cursor.execute(MAKE.replace("{products}", str(PRODUCTS)))
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'intention_search'")
        (index,) = cursor.fetchone()
        last = n // 50
        cursor.execute("DROP INDEX intention_search")
        copy_rows(n, range(n - last), "without the index")
        start = time.perf_counter()
        cursor.execute(index)
        print(f"index: {time.perf_counter() - start:.0f} s", flush=True)
        copy_rows(n, range(n - last, n), "with it")
        cursor.execute(FINISH)
    study = study_filled(Run.objects.get(name="old"), min(n // 10, 5_000))
    judge(study.pk, [user.pk for user in annotators(3)])


def copy_rows(n: int, places: range, how: str) -> None:
    from django.db import connection  # noqa: PLC0415

    from distillation.models import CoBuy, Run  # noqa: PLC0415

    runs = dict(Run.objects.values_list("name", "pk"))
    cobuys = list(CoBuy.objects.order_by("pk").values_list("pk", flat=True))
    columns, start = "run_id, cobuy_id, relation, text, raw_reply, sample", time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(f"COPY distillation_intention ({columns}) FROM STDIN") as copy:
        for row in rows(n, places, runs, cobuys):
            copy.write_row(row)
    seconds = time.perf_counter() - start
    row = 1e6 * seconds / len(places)
    print(f"{len(places):,} intentions {how}: {seconds:.0f} s, {row:.0f} µs a row", flush=True)


def rows(n: int, places: range, runs: dict[str, int], cobuys: list[int]) -> Iterator[tuple]:
    """Words by Zipf's law: of V words, rank r comes at floor(V^random)."""
    from distillation.pipeline.relations import RELATIONS  # noqa: PLC0415

    random, words = np.random.default_rng(7 + places.start), vocabulary()
    relations = list(RELATIONS)
    for i in places:
        old = i < 0.6 * n
        said = words[np.floor(VOCABULARY ** random.random(WORDS)).astype(int) - 1].tolist()
        said += [word for word, there in (("hapaxoid", i % 20_000 == 0), ("cornered", i < n / 20)) if there]
        relation = relations[i % 20] if old or relations[i % 20] != "hasA" else "open"
        cobuy = cobuys[i // 20 * len(cobuys) // (n // 20 + 1)]
        yield runs["old" if old else "new"], cobuy, relation, " ".join(said), "raw", i % 20


def vocabulary() -> np.ndarray:
    known = ["product", "camera", "customer", "travel", "hiking", "music", "kitchen", "battery", "outdoor", "quality"]
    known += [*(f"word{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(90)), "garden", "winter"]
    random = np.random.default_rng(8)
    drawn = ("".join(random.choice(list("aeioubcdfglmnprst"), 7)) for _ in range(VOCABULARY - len(known)))
    return np.array([*known, *drawn], dtype=object)


def judge(study: int, users: list[int]) -> None:
    from django.db import connection  # noqa: PLC0415

    from annotation.models import Judgment, Participant  # noqa: PLC0415

    people = Participant.objects.bulk_create(
        Participant(study_id=study, annotator_id=user, pseudonym=f"P{user}") for user in users
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM annotation_item WHERE study_id = %s", [study])
        items = [item for (item,) in cursor]
    Judgment.objects.bulk_create((judgment(item, person) for item in items for person in people), batch_size=1_000)


def judgment(item: int, person):
    import uuid  # noqa: PLC0415

    from annotation.models import Judgment  # noqa: PLC0415

    said = (item + person.pk) % 3 > 0
    return Judgment(
        item_id=item, participant=person, submission=uuid.uuid4(), plausibility=said, a_on_left=True, seconds=9
    )


def measure() -> bool:
    from django.test import Client  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from accounts.services import user_create  # noqa: PLC0415
    from distillation.models import Intention  # noqa: PLC0415

    user = User.objects.filter(username="bench").first() or user_create(
        username="bench", password="never-typed", role=User.Role.RESEARCHER
    )
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    newest = Intention.objects.latest("pk").pk
    places = {"first page": {}, "deep": {"after": newest // 6}, "back": {"before": newest // 6}}
    asked = searches()
    every: list[float] = []
    print(f"{len(asked)} searches{'':12} {'p50':>8} {'p95':>8}   slowest; ms; stopped early")
    for place, where in places.items():
        times, stopped = [], 0
        for search in asked:
            address = f"/knowledge/?{urlencode({**search, **where})}"
            page = client.get(address)  # once, so that caches are as on any later day
            stopped += b"stopped after the time for one page" in page.content
            times += [(milliseconds(client, address), address) for _ in range(REPEATS)]
        each = [ms for ms, _ in times]
        every += each
        slowest = ", ".join(
            f"{ms:.0f} at {address[11:]}" for ms, address in sorted(times)[: -3 * REPEATS - 1 : -REPEATS]
        )
        print(f"{place:24} {percentile(each, 0.5):8.1f} {percentile(each, 0.95):8.1f}   {slowest}; {stopped}")
    more = f"p50 {percentile(every, 0.5):.1f} ms"
    return show(at_most("a search, p95", percentile(every, 0.95), BAR_MS, "ms"), more)


def milliseconds(client, address: str) -> float:
    start = time.perf_counter()
    answer = client.get(address)
    if answer.status_code != 200:
        sys.exit(f"{address} answered {answer.status_code}")
    return 1000 * (time.perf_counter() - start)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--intentions", type=int, default=1_260_000)
    parser.add_argument("--var", type=Path)
    options = parser.parse_args()
    with own_services(options.var):
        from django.core.management import call_command  # noqa: PLC0415

        call_command("collectstatic", verbosity=0, interactive=False)
        make(options.intentions)
        print(f"load average {os.getloadavg()[0]:.1f}")
        return not measure()


if __name__ == "__main__":
    sys.exit(main())
