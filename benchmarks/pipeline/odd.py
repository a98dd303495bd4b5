"""Model servers that each speak the OpenAI API in their own way: how a run of 6 co-buys x 3 relations against each
ends, and what finding out costs, as a table in Markdown.

  python -m benchmarks.pipeline.odd [--servers FILE] [PERSONA…]

The servers (--servers) are not part of the project. Works in a database of its own.
"""

import argparse
import ast
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from benchmarks.bars import at_most, show
from benchmarks.own_services import own_services

ROOT = Path(__file__).resolve().parents[2]
N_COBUYS, RELATIONS = 6, ("usedFor", "isA", "can")
N_UNITS = N_COBUYS * len(RELATIONS)
MOST_MORE = 8  # calls, than against `plain`
# What these servers answer, as it should stand in the database.
FEATURE = "A small brown leather item with a smooth surface."
INTENTION = "They could be used for going on a short trip together."
REASON = "Because I would take both along on a trip."
WORDS = {"text_only": ["--no-images"], "one_picture": ["--side-by-side"]}  # tried so as well
TURNED_AWAY = ("rate", "rate_ms", "error_in_200")  # refuse nothing for good: their calls come again
WITHIN_S = 180


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("personas", nargs="*", metavar="PERSONA", help="default: all")
    parser.add_argument("--servers", type=Path, default=ROOT.parent / "shared" / "bench" / "odd_servers.py")
    options = parser.parse_args()
    if not options.servers.is_file():
        print(f"Skipped: {options.servers} is not there; name it by --servers")
        return 0
    names = list(dict.fromkeys(["plain", *(options.personas or _personas(options.servers))]))
    with own_services(), tempfile.TemporaryDirectory() as logs, _serving(options.servers, Path(logs)) as url:
        _catalog()
        print("| server | ended | intentions and verdicts | wrong texts | calls, over plain's |\n|---|---|---|---|---|")
        of_plain, missed = 0, 0
        for name in names:
            for words in ([], WORDS[name]) if name in WORDS else ([],):
                told, calls, is_right = _against(name, url, words, Path(logs))
                of_plain = of_plain or calls
                over = calls - of_plain
                missed += not is_right or (over > MOST_MORE and name not in TURNED_AWAY)
                print(f"| {' '.join([name, *words])} | {told} | {calls}, {over:+} |", flush=True)
    print(f"Calls over plain's: at most {MOST_MORE}, save of {', '.join(TURNED_AWAY)}.")
    show(at_most("odd servers that went wrong", missed, 0))
    return missed


def _personas(servers: Path) -> list[str]:
    """The keys of its table of personas, which are names of functions."""
    tree = ast.parse(servers.read_text())
    table = next(node for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "PERSONAS")
    return [each.id for each in table.value.generators[0].iter.elts]


@contextmanager
def _serving(servers: Path, logs: Path):
    from benchmarks.pipeline.world import free_port, until  # noqa: PLC0415 - they need the settings

    port = free_port()
    process = subprocess.Popen([sys.executable, str(servers), "--port", str(port), "--log", str(logs)])
    try:
        until(lambda: _answers(port), 20)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    import socket  # noqa: PLC0415

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _catalog() -> None:
    from distillation.catalog.pictures.store import picture_store  # noqa: PLC0415
    from distillation.models import CoBuy, Product  # noqa: PLC0415

    photos = sorted((ROOT / "distillation" / "sample" / "img").glob("*.jpg"))
    products = Product.objects.bulk_create(
        Product(asin=f"B{i:09d}", title=f"Product {i}", picture=picture_store(photos[i].read_bytes()))
        for i in range(2 * N_COBUYS)
    )
    CoBuy.objects.bulk_create(CoBuy(a=a, b=b) for a, b in zip(products[::2], products[1::2], strict=True))


def _against(name: str, url: str, words: list[str], logs: Path) -> tuple[str, int, bool]:
    """How it ended, in cells; the calls it took; whether that is right."""
    from django.core.management import CommandError, call_command  # noqa: PLC0415

    from distillation.models import Feature, Run  # noqa: PLC0415

    Run.objects.all().delete()
    Feature.objects.all().delete()
    log = logs / f"{name}.jsonl"
    before = _lines(log)
    address = f"{url}/{name}/v1" + ("?api-version=2024-10-21" if name == "versioned" else "")
    asked = ["--backend", "openai", "--base-url", address, "--model", "m", "--relations", ",".join(RELATIONS), *words]
    try:
        call_command("distill", "--run", name, *asked, stdout=StringIO(), stderr=StringIO())
    except CommandError as refusal:
        told = f"refused: {str(refusal).removeprefix(address).strip()}"
        return f"{told} | 0 | {Feature.objects.count()}", _lines(log) - before, not Run.objects.exists()
    run = _to_the_end(Run.objects.get())
    good, wrong = _texts(run)
    ended = f"{run.state}{': ' if run.message else ''}{run.message}"
    is_right = (good, wrong, run.state) == (N_UNITS, 0, Run.State.DONE)
    return f"{ended} | {good} of {N_UNITS} | {wrong}", _lines(log) - before, is_right


def _to_the_end(run):
    from distillation.tasks import advance_run  # noqa: PLC0415

    until = time.monotonic() + WITHIN_S
    while run.state == run.State.RUNNING and time.monotonic() < until:
        advance_run(run.pk)
        run.refresh_from_db()
        time.sleep(0.2)
    return run


def _texts(run) -> tuple[int, int]:
    """Units with the right intention and a verdict of yes, and texts that are not what the server said."""
    from distillation.models import Feature, Intention, Verdict  # noqa: PLC0415

    good = Verdict.objects.filter(intention__run=run, yes=True, intention__text=INTENTION).count()
    wrong = Intention.objects.exclude(text=INTENTION).count() + Feature.objects.exclude(text=FEATURE).count()
    return good, wrong + Verdict.objects.exclude(reason=REASON).count()


def _lines(log: Path) -> int:
    return len(log.read_bytes().splitlines()) if log.exists() else 0


if __name__ == "__main__":
    sys.exit(main())
