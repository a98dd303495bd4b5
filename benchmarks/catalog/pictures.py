"""2,000 pictures from a local server, 300 of them bad in 46 ways: each stored or failed with the right reason, and how
long that takes beside plain httpx and Pillow with as many requests at once and as many threads.

  python -m benchmarks.catalog.pictures [--rounds N]

Works in a database and a picture folder of its own, which it makes and drops.
"""

import argparse
import asyncio
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import httpx
from PIL import Image

from benchmarks.bars import at_most, show
from benchmarks.catalog.picture_server import BAD, BAD_URLS, GOOD, HOSTILE

PORT = 18_943
TIMEOUT_S = 2
AT_ONCE = 8
BAR = 1.5


class Wanted:
    """A URL, its kind ("" if good), and what the reason must say."""

    def __init__(self, url: str, kind: str = "", reason: str = "") -> None:
        self.url, self.kind, self.reason = url, kind, reason


@contextmanager
def server() -> Iterator[dict[str, str]]:
    """Gives the reason that is expected for each bad kind."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.catalog.picture_server", "--port", str(PORT)])
    try:
        for _ in range(1_500):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/ready", timeout=5) as answer:
                    yield json.load(answer)
                    return
            except OSError:
                time.sleep(0.2)
        sys.exit("The picture server did not start within five minutes")
    finally:
        process.terminate()
        process.wait()


def wanted_pictures(expected: dict[str, str]) -> list[Wanted]:
    """The bad ones in turn among the good ones."""
    kinds = list(expected)
    pictures = []
    for number in range(GOOD):
        pictures.append(Wanted(f"http://127.0.0.1:{PORT}/good/{number}.jpg"))
        if number * BAD // GOOD != (number + 1) * BAD // GOOD:
            bad = number * BAD // GOOD
            kind = kinds[bad % len(kinds)]
            url = kind.format(bad) if kind in BAD_URLS else f"http://127.0.0.1:{PORT}/bad/{kind}/{bad}.jpg"
            pictures.append(Wanted(url, kind, expected[kind]))
    return pictures


def plain(pictures: list[Wanted], folder: Path, threads: int) -> float:
    """Seconds; what goes wrong is passed over, and what would be the end of it is not asked for."""

    def encode(data: bytes, number: int) -> None:
        image = Image.open(BytesIO(data)).convert("RGB")
        for side, name in ((1024, f"{number}.jpg"), (320, f"{number}-thumb.jpg")):
            image.thumbnail((side, side), Image.Resampling.LANCZOS)
            image.save(folder / name, "JPEG", quality=88)

    async def one(client: httpx.AsyncClient, pool: ThreadPoolExecutor, url: str, number: int) -> None:
        async with places, asyncio.timeout(TIMEOUT_S):
            answer = await client.get(url)
        await asyncio.get_running_loop().run_in_executor(pool, encode, answer.content, number)

    async def all_of_them() -> None:
        limits = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(limits=limits, follow_redirects=True, trust_env=False) as client:
            with ThreadPoolExecutor(threads) as pool:
                jobs = [one(client, pool, p.url, n) for n, p in enumerate(pictures) if p.kind not in HOSTILE]
                await asyncio.gather(*jobs, return_exceptions=True)

    places = asyncio.Semaphore(AT_ONCE)
    folder.mkdir()
    start = time.perf_counter()
    asyncio.run(all_of_them())
    return time.perf_counter() - start


def ours(pictures: list[Wanted]) -> float:
    from distillation.catalog.pictures.download import (  # noqa: PLC0415 - after Django is set up
        MOST_TRIES,
        pictures_download,
    )
    from distillation.models import Picture, PictureSource, Product  # noqa: PLC0415

    for model in (Product, PictureSource, Picture):
        model.objects.all().delete()
    # The last try, so that what may pass ends at once, too.
    sources = PictureSource.objects.bulk_create(
        PictureSource(digest=hashlib.sha256(p.url.encode()).hexdigest(), url=p.url, tries=MOST_TRIES - 1)
        for p in pictures
    )
    Product.objects.bulk_create(
        Product(asin=f"B{n:09}", title=f"Product {n}", picture_source=source) for n, source in enumerate(sources)
    )
    start = time.perf_counter()
    pictures_download(seconds=600)
    return time.perf_counter() - start


def check(pictures: list[Wanted]) -> None:
    """Every row against what it should be; ends the program where one is not."""
    from django.core.files.storage import default_storage  # noqa: PLC0415 - after Django is set up

    from distillation.models import Product  # noqa: PLC0415

    rows = {p.picture_source.url: p for p in Product.objects.select_related("picture_source__picture")}
    wrong, ended = [], Counter()
    for wanted in pictures:
        product, source = rows[wanted.url], rows[wanted.url].picture_source
        ended[source.state] += 1
        if wanted.kind:
            right = source.state == "failed" and wanted.reason in source.reason and not product.picture_id
            right = right and product.picture_problem == source.reason
        else:
            right = source.state == "stored" and product.picture_id == source.picture_id
            right = right and default_storage.exists(source.picture.name)
        if not right:
            wrong.append(
                f"  {wanted.url}: {source.state}, {source.reason!r}, expected {wanted.reason or 'a picture'!r}"
            )
    kinds = len({p.kind for p in pictures if p.kind})
    print(f"  {len(pictures):,} = {ended['stored']:,} stored + {ended['failed']} failed in {kinds} ways", end="")
    print(f" + {ended['wanted']} still wanted; wrong: {len(wrong)}")
    if wrong:
        sys.exit("\n".join(wrong[:20]))


def measure(rounds: int, folder: Path) -> float:
    from distillation.catalog.pictures.download import ENCODERS  # noqa: PLC0415 - after Django is set up

    with server() as expected:
        pictures = wanted_pictures(expected)
        best_plain = best_ours = float("inf")
        for number in range(rounds):
            best_plain = min(best_plain, plain(pictures, folder / f"plain{number}", ENCODERS))
            best_ours = min(best_ours, ours(pictures))
            print(f"Round {number + 1}: plain {best_plain:.1f} s, guarded {best_ours:.1f} s (the best so far)")
            check(pictures)
    return best_ours / best_plain


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mindsite-bench-") as folder:
        os.environ.update(
            MINDSITE_VAR=f"{folder}/var", DJANGO_SETTINGS_MODULE="mindsite.settings", LOG_LEVEL="WARNING",
            FETCH_PRIVATE_NETWORKS="127.0.0.0/8", FETCH_TIMEOUT=str(TIMEOUT_S), FETCH_PER_HOST=str(AT_ONCE),
        )  # fmt: skip
        from mindsite import embedded  # noqa: PLC0415 - reads MINDSITE_VAR when it is imported

        with embedded.services(broker=False):
            import django  # noqa: PLC0415

            django.setup()
            from django.core.management import call_command  # noqa: PLC0415

            call_command("migrate", verbosity=0)
            ratio = measure(options.rounds, Path(folder))
            from django.db import connection  # noqa: PLC0415

            connection.close_pool()
    sys.exit(not show(at_most("guarded download over the plain one", ratio, BAR)))


if __name__ == "__main__":
    main()
