"""All measurements, or the named ones, one after the other: python -m benchmarks [NAME…] [--quick]

Each works on services of its own, prints its figures beside their bars, and is best run on an idle machine. At the end
stands one table of all, beside the last measurement's figures; it is kept as JSON in var/bench/. With --quick a few of
them, at small sizes, in under three minutes: to see that nothing fell, not to be quoted.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.own_services import tables_made

PARTS = {
    "start": ["start", "--demo"],
    "whole_path": ["pipeline.whole_path"],
    "import": ["catalog.importing"],
    "intentions": ["catalog.intentions"],
    "judgments": ["exports.importing"],
    "upload": ["catalog.uploading"],
    "pictures": ["catalog.pictures"],
    "catalog": ["catalog.page"],
    "search": ["exports.search"],
    "pipeline": ["pipeline.main"],
    "batches": ["pipeline.batches"],
    "odd": ["pipeline.odd"],
    "run_page": ["pipeline.run_page"],
    "knowledge_export": ["exports.knowledge"],
    "export": ["exports.judgments"],
    "instructions": ["exports.instructions"],
    "quota": ["judging.main", "quota"],
    "http": ["judging.main", "http"],
    "bare": ["judging.bare"],
    "flat": ["judging.flat"],
    "kill": ["judging.main", "kill"],
    "chaos": ["operation.chaos"],
    "upgrade": ["operation.upgrade"],
    "soak": ["operation.soak"],
    "scale": ["operation.scale", "load"],
    "growth": ["operation.scale", "growth"],
    "browser": ["judging.browser"],
    "joins": ["judging.joins"],
    "tallies": ["judging.tallies"],
    "figures": ["figures.pages"],
    "coverage": ["figures.coverage"],
    "bias": ["figures.coverage", "bias"],
    "agreement": ["figures.agreement"],
    "independent": ["figures.independent"],
    "validity": ["validity.main"],
    "experiments": ["research.experiments"],
    "arms": ["research.arms"],
    "diversity": ["research.diversity"],
    "preference": ["preference.main"],
    "finetune": ["evaluations.finetune"],
    "intentionqa": ["evaluations.main"],
    "purchases": ["purchases.main"],
    "reviews": ["purchases.reviews"],
    "online": ["online.main"],
}
QUICK = {
    "http": ["--items", "3000", "--seconds", "4"],
    "flat": ["--large", "5000"],
    "export": ["6000"],
    "figures": ["--items", "2000", "--rounds", "2"],
    "pipeline": ["speed"],
}
KEPT = Path(__file__).resolve().parents[1] / "var" / "bench"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help=f"small sizes; of {', '.join(QUICK)}")
    options = parser.parse_args()
    known = QUICK if options.quick else PARTS
    names = options.names or list(known)
    if unknown := set(names) - set(known):
        sys.exit(f"Unknown: {', '.join(sorted(unknown))}; known are {', '.join(known)}")
    rows, failed = [], []
    with tables_made():
        for name in names:
            print(f"== {name} (load average {os.getloadavg()[0]:.1f})", flush=True)
            found, status = _measured(name, QUICK[name] if options.quick else [])
            rows += found
            failed += [name] if status else []
    _table(rows, _last(quick=options.quick))
    _keep(rows, quick=options.quick)
    if failed:
        print(f"Did not end well: {', '.join(failed)}")
    return len(failed)


def _measured(name: str, more: list[str]) -> tuple[list[dict], int]:
    """Its rows, each with the name of the measurement, and the exit status."""
    module, *words = PARTS[name]
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as told:
        environment = {**os.environ, "MINDSITE_BENCH_ROWS": told.name}
        command = [sys.executable, "-m", f"benchmarks.{module}", *words, *more]
        status = subprocess.run(command, check=False, env=environment).returncode
        return [{"name": name, **json.loads(line)} for line in told], status


def _table(rows: list[dict], last: dict[tuple[str, str], float]) -> None:
    """Figure, bar, the ratio of the two, the change since the last measurement, and whether the bar was met."""
    print(f"\n{'':12} {'figure':>14} {'bar':>20} {'of bar':>7} {'since last':>10} {'':6}")
    for row in rows:
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        before, value = last.get((row["name"], row["what"])), row["value"]
        since = f"{100 * (value / before - 1):+.0f} %" if before and value is not None else ""
        met = "met" if row["met"] else "MISSED"
        print(f"{row['name']:12} {row['figure']:>14} {row['bar']:>20} {ratio:>7} {since:>10} {met:6} {row['what']}")
    missed = sum(not row["met"] for row in rows)
    print(f"{len(rows)} figures, {missed} of them missed their bar" if rows else "no figure", flush=True)


def _last(*, quick: bool) -> dict[tuple[str, str], float]:
    """The newest figure of each kind; small sizes are compared with small ones only."""
    found: dict[tuple[str, str], float] = {}
    for path in sorted(KEPT.glob("quick-*.json" if quick else "full-*.json")):
        rows = json.loads(path.read_text())["rows"]
        found.update({(row["name"], row["what"]): row["value"] for row in rows if row["value"] is not None})
    return found


def _keep(rows: list[dict], *, quick: bool) -> None:
    if not rows:
        return
    now = datetime.now(UTC)
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{'quick' if quick else 'full'}-{now:%Y%m%d-%H%M%S}.json"
    path.write_text(json.dumps({"at": now.isoformat(), "cores": os.cpu_count(), "rows": rows}, indent=1) + "\n")
    print(f"Kept in {path.relative_to(KEPT.parents[1])}")


if __name__ == "__main__":
    sys.exit(main())
