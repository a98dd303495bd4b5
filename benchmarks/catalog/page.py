"""The catalog's pages at 1,000,000 products and about 2,000,000 co-buys, asked of the real web server one by one.

  python -m benchmarks.catalog.page [--products N]

Works in a database of its own, which it makes and drops.
"""

import argparse
import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from django.core.management import call_command

from benchmarks.bars import at_most, show
from benchmarks.own_services import own_services, percentile

ROOT = Path(__file__).resolve().parents[2]
PORT = 18_942
BAR_MS = 60
REPEATS = 5
PAGE = 25

# Words of a title follow Zipf's law: of V words, rank r comes at floor(V^random()). The tenth below `cornered` stands
# for files imported one category after the other: a word that is common there and nowhere else.
MAKE = """
SELECT setseed(0.5);
CREATE TEMP TABLE word AS
SELECT rank, coalesce(
    (string_to_array('case cable black for usb with charger leather wireless shirt women men camera cotton battery'
                     ' adapter headphones bag boots screen', ' '))[rank],
    translate(left(md5(rank::text), 8), '0123456789', 'ghijklmnop')) AS word
FROM generate_series(1, 60000) AS rank;
CREATE TEMP TABLE titled AS
SELECT n, string_agg(word, ' ' ORDER BY random()) AS title FROM (
    SELECT n, floor(60000 ^ random())::int AS rank FROM generate_series(1, {n}) n, generate_series(1, 12)
) drawn JOIN word USING (rank) GROUP BY n;
INSERT INTO distillation_picture (digest, width, height, size)
SELECT md5(n::text) || md5((-n)::text), 500, 500, 9000 FROM generate_series(1, 10000) n;
INSERT INTO distillation_picturesource (digest, url, state, reason, tries)
SELECT md5(n::text) || md5((-n)::text), 'https://pictures.example/' || n || '.jpg',
       CASE WHEN n % 100 = 0 THEN 'failed' ELSE 'wanted' END,
       CASE WHEN n % 100 = 0 THEN 'answered 404' ELSE '' END, 0
FROM generate_series(1, {n} / 20) n;
INSERT INTO distillation_product (asin, title, category, picture_id, picture_source_id, picture_problem)
SELECT 'B' || lpad(n::text, 9, '0'),
       title || CASE WHEN n < {n} / 10 AND n % 2 = 0 THEN ' cornered' ELSE '' END,
       CASE WHEN n < {n} / 5 THEN 'Books' ELSE 'Department ' || lpad(floor(300 ^ random())::text, 3, '0') END,
       CASE WHEN n % 20 > 0 THEN 1 + n % 10000 END,
       CASE WHEN n % 20 = 0 THEN (SELECT min(id) FROM distillation_picturesource) + n / 20 - 1 END,
       CASE WHEN n % 2000 = 0 THEN 'answered 404' ELSE '' END
FROM titled ORDER BY n;
-- The cubed draw makes hubs: one product in a hundred co-buys, thousands with a few.
INSERT INTO distillation_cobuy (a_id, b_id)
SELECT least(a, b), greatest(a, b) FROM (
    SELECT first.id + floor({n} * random() ^ 3)::bigint AS a, first.id + floor({n} * random())::bigint AS b
    FROM (SELECT min(id) AS id FROM distillation_product) first, generate_series(1, 2 * {n})
) drawn WHERE a <> b ON CONFLICT DO NOTHING;
ANALYZE
"""


WORDS = ("case", "cable", "black", "battery", "screen", "usb charger", "leather -case", "case or cable", "cornered")
FILTERS = ("", "&category=Department+001", "&category=Books", "&picture=stored", "&picture=wanted")


def make(n: int) -> None:
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        start = time.perf_counter()
        cursor.execute(MAKE.replace("{n}", str(n)))
        cursor.execute("SELECT count(*) FROM distillation_cobuy")
        print(f"{n:,} products, {cursor.fetchone()[0]:,} co-buys made in {time.perf_counter() - start:.0f} s")


def paths() -> dict[str, list[str]]:
    """Each kind of page, and its addresses; rare words and deep ids are drawn from what is there."""
    from distillation.models import Product  # noqa: PLC0415

    newest, oldest = Product.objects.latest("pk"), Product.objects.earliest("pk")
    middle = Product.objects.get(pk=(newest.pk + oldest.pk) // 2)
    rare = [word for word in middle.title.split() if len(word) == 8 and word not in MAKE][:3]
    deep = max(oldest.pk + PAGE, newest.pk - 10_000 * PAGE + 1)
    return {
        "search by words and filters": [f"/catalog/?{urlencode({'q': q})}{more}" for q in WORDS for more in FILTERS],
        "search by rare words": [f"/catalog/?q={q}{more}" for q in (*rare, "unheard") for more in FILTERS],
        "search by ASIN": [f"/catalog/?q={q}" for q in (middle.asin, middle.asin[:7], "B0")],
        "search, deep": [f"/catalog/?{urlencode({'q': q})}&after={deep}" for q in WORDS],
        "filter only": [f"/catalog/?{more[1:]}" for more in FILTERS if more],
        "filter: picture failed": ["/catalog/?picture=failed", "/catalog/?q=cable&picture=failed"],
        "page 1": ["/catalog/"],
        "page 10,000": [f"/catalog/?after={deep}", f"/catalog/?before={deep}"],
        "product": [
            f"/catalog/{middle.asin}/",
            f"/catalog/{oldest.asin}/",
            f"/catalog/{oldest.asin}/?after={middle.pk}",
        ],
    }


def session() -> str:
    """A cookie of a signed-in researcher."""
    from django.test import Client  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from accounts.services import user_create  # noqa: PLC0415

    user = User.objects.filter(username="bench").first() or user_create(
        username="bench", password="never-typed", role=User.Role.RESEARCHER
    )
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}"


@contextmanager
def web_server() -> Iterator[http.client.HTTPConnection]:
    from mindsite.serving import web_command  # noqa: PLC0415

    server = subprocess.Popen(web_command(PORT), cwd=ROOT)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", PORT)) == 0:
                    break
            time.sleep(0.1)
        yield http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    finally:
        server.terminate()
        server.wait()


def milliseconds(web: http.client.HTTPConnection, path: str, cookie: str) -> float:
    start = time.perf_counter()
    web.request("GET", path, headers={"Cookie": cookie})
    answer = web.getresponse()
    answer.read()
    if answer.status != 200:
        sys.exit(f"{path} answered {answer.status}")
    return 1000 * (time.perf_counter() - start)


def measure(kinds: dict[str, list[str]], cookie: str) -> None:
    with web_server() as web:
        for pages in kinds.values():  # once, so that caches and connections are as on any later day
            for path in pages:
                milliseconds(web, path, cookie)
        for kind, pages in kinds.items():
            times = sorted((milliseconds(web, path, cookie), path) for path in pages for _ in range(REPEATS))
            p50, p95 = (percentile([ms for ms, _ in times], share) for share in (0.5, 0.95))
            more = f"p50 {p50:.1f} ms; slowest {times[-1][0]:.0f} at {times[-1][1]}"
            show(at_most(f"{kind}, {len(pages)} pages, p95", p95, BAR_MS, "ms"), more)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=1_000_000)
    options = parser.parse_args()
    with own_services():
        call_command("collectstatic", verbosity=0, interactive=False)
        make(options.products)
        measure(paths(), session())


if __name__ == "__main__":
    main()
