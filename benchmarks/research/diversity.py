"""Near-duplicates and the other figures over 1,260,000 intentions: processor time, memory, recall, precision, the page.

python -m benchmarks.research.diversity [--intentions N] [--group N] [--kept FOLDER]
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.bars import at_least, at_most, show, show_all
from benchmarks.catalog.page import milliseconds, session, web_server
from benchmarks.own_services import own_services, percentile

CPU_S, PEAK_MB, RECALL, PRECISION, PAGE_MS = 240, 500, 0.95, 0.9, 250
WORDS, OPENING = 87, "They bought both because the customer who plans a trip"
PLANTED, FAR = 0.05, 0.05  # copies over the bar of 0.85, copies well under that of 0.8
FAR_PLACES = (15, 30, 45, 60, 75)  # each changes three of 85 shingles: (85 - 15) / (85 + 15) = 0.70
RUN = "bench"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--intentions", type=int, default=1_260_000)
    parser.add_argument("--group", type=int, default=100_000)
    parser.add_argument("--kept", type=Path, help="where what was computed stays; the next time only the page is asked")
    options = parser.parse_args()
    with own_services(options.kept):
        from django.core.management import call_command  # noqa: PLC0415

        from research.models import Diversity  # noqa: PLC0415

        call_command("collectstatic", verbosity=0, interactive=False)
        is_there = Diversity.objects.filter(run__name=RUN).exists()
        return 0 if (is_there or measured(options.intentions, options.group)) and page() else 1


def measured(intentions: int, group: int) -> bool:
    begun = time.perf_counter()
    likes = fill(intentions, group)
    print(f"{intentions:,} intentions made in {time.perf_counter() - begun:.0f} s", flush=True)
    within = computed()
    return found(likes) and within


def texts(n: int, group: int, rng: np.random.Generator) -> Iterator[tuple[str, bool]]:
    """Each with whether another one is like it; copies come right after their originals."""
    vocabulary = np.array([f"w{i}" for i in range(40_000)])
    opening = OPENING.split()
    made = 0
    shared = [*opening, *vocabulary[rng.integers(0, len(vocabulary), WORDS - len(opening))]]
    for i in range(group):
        shared[40] = f"variant{i}"
        yield " ".join(shared), True
        made += 1
    while made < n:
        drawn = np.minimum(rng.zipf(1.15, (1_000, WORDS - len(opening))), 1 << 40) % len(vocabulary)
        for row, kind in zip(vocabulary[drawn], rng.random(1_000), strict=True):
            words = [*opening, *row]
            planted, far = kind < PLANTED / (1 - PLANTED), kind > 1 - FAR
            yield " ".join(words), planted
            made += 1
            if planted:  # one or two words of 87 are others: (85 - 3) / 88 = 0.93 or (85 - 6) / 91 = 0.87
                places = rng.choice((20, 50, 80), rng.integers(1, 3), replace=False)
            if planted or far:
                copy = list(words)
                for place in places if planted else FAR_PLACES:
                    copy[place] = f"other{made}"
                yield " ".join(copy), planted
                made += 1


def fill(n: int, group: int) -> np.ndarray:
    """Whether each, by id, has a like. Search has no part in this: its trigger would cost more than all the rest."""
    from django.db import connection  # noqa: PLC0415

    from benchmarks.fill import run_filled  # noqa: PLC0415
    from distillation.models import CoBuy, Run  # noqa: PLC0415
    from distillation.pipeline.relations import RELATIONS  # noqa: PLC0415

    rng, codes = np.random.default_rng(1), list(RELATIONS)
    run_filled(20, "small")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE distillation_intention DISABLE TRIGGER intention_search")
        cursor.execute(
            "INSERT INTO distillation_product (asin, title, category, picture_problem) "
            "SELECT 'G' || n, 'Product ' || n, '', '' FROM generate_series(1, %s) n",
            [n // len(codes) + 2],
        )
        cursor.execute(
            "INSERT INTO distillation_cobuy (a_id, b_id) SELECT id, lead(id) OVER (ORDER BY id) "
            "FROM distillation_product WHERE asin LIKE 'G%%' ORDER BY id LIMIT %s",
            [n // len(codes) + 1],
        )
        run = Run.objects.create(
            name=RUN, backend="openai", model="fake", state=Run.State.DONE,
            config={**Run.objects.get(name="small").config, "imported": n},
        )  # fmt: skip
        cobuys = list(CoBuy.objects.order_by("-pk").values_list("pk", flat=True)[: n // len(codes) + 1])
        likes = np.zeros(n, dtype=bool)
        places = rng.permutation(n)  # where each text goes: copies and the group lie anywhere
        with cursor.copy(
            "COPY distillation_intention (run_id, cobuy_id, relation, sample, text, raw_reply) FROM STDIN"
        ) as out:
            for i, (text, like) in zip(range(n), texts(n, group, rng), strict=False):
                cobuy, code = divmod(int(places[i]), len(codes))
                out.write_row((run.pk, cobuys[cobuy], codes[code], 0, text, ""))
                likes[i] = like
        cursor.execute(
            "INSERT INTO distillation_verdict (intention_id, yes, p_yes, reason, raw_reply) "
            "SELECT id, id %% 2 = 0, (id %% 100) / 100.0, '', '' FROM distillation_intention WHERE run_id = %s",
            [run.pk],
        )
        cursor.execute("VACUUM ANALYZE")
    return likes


def computed() -> bool:
    """By the command, in a process of its own, as a worker would."""
    begun = time.perf_counter()
    child = subprocess.Popen([sys.executable, "manage.py", "diversity", RUN, "--json"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    cpu, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    print(f"computed in {time.perf_counter() - begun:.0f} s, exit status {os.waitstatus_to_exitcode(status)}")
    rows = [at_most("processor time", cpu, CPU_S, "s"), at_most("peak memory", peak, PEAK_MB, "MB")]
    return show_all(rows) and status == 0


def found(likes: np.ndarray) -> bool:
    from distillation.models import Intention  # noqa: PLC0415
    from research.models import Diversity, NearDuplicate  # noqa: PLC0415

    first = Intention.objects.filter(run__name=RUN).order_by("pk").values_list("pk", flat=True)[0]
    told = np.zeros(len(likes), dtype=bool)
    told[np.array(NearDuplicate.objects.filter(run__name=RUN).values_list("pk", flat=True)) - first] = True
    recall, precision = (told & likes).sum() / likes.sum(), (told & likes).sum() / told.sum()
    print(f"{likes.sum():,} have a like, {told.sum():,} are told to")
    print(
        json.dumps({k: v for k, v in Diversity.objects.get().figures["duplicates"].items() if k != "largest"}),
        flush=True,
    )
    rows = [at_least("recall of near-duplicates", recall, RECALL), at_least("their precision", precision, PRECISION)]
    return show_all(rows)


def page() -> bool:
    cookie = session()
    with web_server() as web:
        times = [milliseconds(web, f"/research/diversity/{RUN}/", cookie) for _ in range(41)][1:]
    more = f"p50 {percentile(times, 0.5):.1f} ms"
    return show(at_most("the page of diversity, p95", percentile(times, 0.95), PAGE_MS, "ms"), more)


if __name__ == "__main__":
    sys.exit(main())
