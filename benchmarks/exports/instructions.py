"""Instruction data of a run by this code and, in turns, by an earlier checkout of it.

  python -m benchmarks.exports.instructions [--intentions N] [--rounds N] [--before CHECKOUT]

Each in services of its own, with the same intentions imported before; the command's whole time counts. Without --before
there is a rate and no bar. An earlier checkout finds its packages where this Python does (PYTHONPATH for what is needed
no more).
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.bars import at_least, show
from benchmarks.catalog.intentions import generate

ROOT = Path(__file__).resolve().parents[2]
BAR = 3.0
EXPORT = """
import sys, time
from io import StringIO
import django
django.setup()
from mindsite import embedded
from django.core.management import call_command
with embedded.services(say=lambda line: None):
    call_command("migrate", verbosity=0)
    from distillation.models import Run
    if not Run.objects.exists():
        call_command("import_intentions", sys.argv[1], "--run", "elsewhere", "--create", stdout=StringIO())
    begun = time.perf_counter()
    call_command("export_instructions", "elsewhere", "--output", sys.argv[2], stdout=StringIO())
    print(time.perf_counter() - begun)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--intentions", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--before", type=Path, help="a checkout of an earlier commit")
    options = parser.parse_args()
    checkouts = [ROOT, *([options.before.resolve()] if options.before else [])]
    seconds: dict[Path, list[float]] = {checkout: [] for checkout in checkouts}
    with tempfile.TemporaryDirectory(prefix="mindsite-bench-") as folder:
        path = Path(folder) / "intentions.jsonl"
        generate(path, options.intentions)
        for _ in range(options.rounds):
            for i, checkout in enumerate(checkouts):
                seconds[checkout].append(_exported(checkout, path, Path(folder) / str(i)))
                rate = options.intentions / seconds[checkout][-1]
                print(f"  {checkout.name}: {seconds[checkout][-1]:.1f} s, {rate:,.0f} intentions/s", flush=True)
    if not options.before:
        return 0
    now, before = (statistics.median(each) for each in seconds.values())
    return int(not show(at_least(f"instruction data, times as fast, median of {options.rounds}", before / now, BAR)))


def _exported(checkout: Path, intentions: Path, kept: Path) -> float:
    own = {"MINDSITE_VAR": f"{kept}/var", "DJANGO_SETTINGS_MODULE": "mindsite.settings", "LOG_LEVEL": "ERROR"}
    with tempfile.TemporaryDirectory(dir=intentions.parent) as output:
        command = [sys.executable, "-c", EXPORT, str(intentions), f"{output}/data"]
        done = subprocess.run(
            command, cwd=checkout, env={**os.environ, **own}, check=True, stdout=subprocess.PIPE, text=True
        )
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    sys.exit(main())
