"""IntentionQA against a server of known answers: what comes out, under faults too, and how fast; the intervals' truth.

python -m benchmarks.evaluations.main [accuracies|decontamination|speed|lm-eval] [--data DIR]
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO
from urllib.request import urlopen

import aiohttp

from benchmarks.bars import show, within
from benchmarks.evaluations.coverage import coverage
from benchmarks.own_services import own_services

ROOT = Path(__file__).resolve().parents[2]
DELAY_MS, IN_FLIGHT, ROUNDS = 50, 64, 3
PARTS = ("accuracies", "decontamination", "speed", "lm-eval")


@contextmanager
def dummy(faults: float = 0.0) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.evaluations.dummy", str(port), str(DELAY_MS), str(faults)]
    server = subprocess.Popen(command, cwd=ROOT)
    try:
        url = f"http://127.0.0.1:{port}/v1"
        for _ in range(100):
            try:
                urlopen(f"{url}/models").close()
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait()


async def plain(url: str, prompts: list[str]) -> None:
    """As many calls in flight, no retries, a line of JSON kept of each answer."""
    todo = iter(prompts)
    with tempfile.TemporaryFile("w", buffering=1) as kept:
        await _asked(url, todo, kept)


async def _asked(url: str, todo: Iterator[str], kept: TextIO) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def worker() -> None:
            for prompt in todo:
                body = {"model": "dummy", "max_tokens": 10, "messages": [{"role": "user", "content": prompt}]}
                async with session.post(f"{url}/chat/completions", json=body) as answer:
                    told = json.loads(await answer.read())["choices"][0]
                    kept.write(json.dumps({"prompt": prompt, "text": told["message"]["content"]}) + "\n")

        await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))


def kept_word() -> list[bool]:
    held, rejected = coverage(4_000, seed=1)
    return [
        show(within("clustered interval holds the truth, 4,000 worlds", held, 0.94, 0.96)),
        show(within("Obuchowski rejects without an effect", rejected, 0.04, 0.06)),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=PARTS, help="default: all, and the coverage")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data/intentionqa")
    options = parser.parse_args()
    data, met = options.data, [] if options.part else kept_word()
    if not data.is_dir():
        print(f"  Skipped: {data} is not there; give --data DIR of IntentionQA's question files")
    else:
        with own_services():
            from benchmarks.evaluations import beside_lm_eval as beside  # noqa: PLC0415 - they need the settings
            from benchmarks.evaluations import decontamination, whole  # noqa: PLC0415

            if options.part in (None, "decontamination"):
                met += decontamination.decontaminated(data)
            met += whole.measured(data, options.part)
            if options.part in (None, "lm-eval"):
                met += beside.beside_lm_eval(data)
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    print(f"load {os.getloadavg()[0]:.1f}")
    main()
