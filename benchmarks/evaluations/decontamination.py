"""Instruction data from the real pairs, without those that half of the benchmark asks of; looked for by other means."""

import csv
import json
import tempfile
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from benchmarks.bars import at_least, at_most, show
from distillation.models import Intention

FILE = "QA_fullInfo_task1.jsonl"


def decontaminated(data: Path) -> list[bool]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asked = _half(data, folder / "half")
        _run_made(data, folder)
        made = _exported(folder)
        taught = _pairs_taught(folder / "d")
        in_run = [frozenset(pair) for pair in Intention.objects.values_list("cobuy__a__asin", "cobuy__b__asin")]
        expected = sum(pair in asked for pair in in_run)
        counted = sum(n for why, n in made["left_out"].items() if why == "intentionqa: the pair is in the benchmark")
    return [
        show(at_most("pairs of the benchmark in the data", len(taught & asked), 0), f"of {len(taught):,}"),
        show(at_least("intentions of its pairs, counted as apart", counted, expected)),
    ]


def _half(data: Path, folder: Path) -> set[frozenset[str]]:
    """Every other question; its pairs, read by this alone."""
    folder.mkdir()
    lines = (data / FILE).read_text(encoding="utf-8").splitlines()[::2]
    (folder / FILE).write_text("\n".join(lines), encoding="utf-8")
    rows = [json.loads(line) for line in lines]
    return {frozenset((row["item_a_id"].zfill(10), row["item_b_id"].zfill(10))) for row in rows}


def _run_made(data: Path, folder: Path) -> None:
    with (data / "intentions.csv").open(newline="", encoding="utf-8") as read:
        rows = list(csv.DictReader(read))
    with (folder / "intentions.csv").open("w", newline="", encoding="utf-8") as written:
        writer = csv.DictWriter(written, [*rows[0], "verdict"])
        writer.writeheader()
        writer.writerows({**row, "verdict": "yes" if n % 3 else "no"} for n, row in enumerate(rows))
    products, cobuys = str(data / "products.csv"), str(data / "cobuy.csv")
    call_command("import_catalog", products, "--format", "csv", "--cobuys", cobuys, stdout=StringIO())
    call_command("import_intentions", str(folder / "intentions.csv"), "--run", "real", stdout=StringIO())


def _exported(folder: Path) -> dict:
    out, half = StringIO(), f"intentionqa={folder / 'half'}"
    words = ("--exclude-benchmark", half, "--all-verdicts", "--json")
    call_command("export_instructions", "real", "--output", str(folder / "d"), *words, stdout=out)
    return json.loads(out.getvalue())


def _pairs_taught(folder: Path) -> set[frozenset[str]]:
    pairs = {
        pk: frozenset(pair) for pk, *pair in Intention.objects.values_list("pk", "cobuy__a__asin", "cobuy__b__asin")
    }
    lines = [line for path in folder.glob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()]
    return {pairs[int(json.loads(line)["id"].rpartition("-")[2])] for line in lines}
