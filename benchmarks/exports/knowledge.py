"""A run of 1,260,000 intentions to JSON lines, CSV and Parquet: rate beside raw COPY's, peak memory of the process.

python -m benchmarks.exports.knowledge [INTENTIONS]
"""

import re
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.bars import at_most, show
from benchmarks.own_services import own_services

N = 1_260_000
BAR_MB = 250
RAW = "COPY (SELECT t.id, t.relation, t.text FROM distillation_intention t WHERE t.run_id = %s ORDER BY t.id) TO STDOUT"


def main(n: int) -> int:
    with own_services() as folder:
        from django.db import connection  # noqa: PLC0415

        from benchmarks.fill import run_filled  # noqa: PLC0415

        run = run_filled(n)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        print(f"{n:,} intentions", flush=True)
        _told("COPY of id, relation and text, thrown away", n, _raw_copy(run.pk))
        _told("COPY of the same columns, thrown away", n, _same_copy(run.name))
        peaks = [_exported(n, form, Path(folder) / name) for form, name in FORMS.items()]
    return int(not show(at_most("highest peak of an export of the knowledge base", max(peaks), BAR_MB, "MB")))


FORMS = {"jsonl": "k.jsonl", "csv": "k.csv", "parquet": "set"}


def _raw_copy(run: int) -> float:
    from django.db import connection  # noqa: PLC0415

    begun = time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(RAW, [run]) as copy:
        for _ in copy:
            pass
    return time.perf_counter() - begun


def _same_copy(run: str) -> float:
    from knowledge.exports import lines  # noqa: PLC0415
    from knowledge.exports.rows import Rows  # noqa: PLC0415
    from knowledge.exports.selection import Selection  # noqa: PLC0415

    rows = Rows(Selection.checked(run=run))
    begun = time.perf_counter()
    for _ in lines.csv(rows, raw=True):
        pass
    return time.perf_counter() - begun


def _exported(n: int, form: str, output: Path) -> float:
    """In a process of its own, whose peak it tells."""
    command = [sys.executable, "-m", "benchmarks.exports.knowledge", "export", form, str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, peak = map(float, done.stdout.split()[-2:])
    paths = [path for path in output.rglob("*") if path.is_file()] if output.is_dir() else [output]
    _told(f"{form} to disk, {sum(path.stat().st_size for path in paths) / 1e6:,.0f} MB", n, seconds, peak)
    return peak


def _told(what: str, n: int, seconds: float, peak: float | None = None) -> None:
    memory = "" if peak is None else f", peak {peak:.0f} MB"
    print(f"  {what}: {seconds:.1f} s, {n / seconds:,.0f} rows/s{memory}", flush=True)


def export(form: str, output: str) -> int:
    import django  # noqa: PLC0415

    django.setup()
    from knowledge.exports.exporting import intentions_export  # noqa: PLC0415
    from knowledge.exports.selection import Selection  # noqa: PLC0415

    begun = time.perf_counter()
    intentions_export(selection=Selection.checked(run="filled"), form=form, output=Path(output))
    seconds = time.perf_counter() - begun
    peak = int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024
    print(seconds, peak)
    return 0


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(export(*arguments[1:]) if arguments[:1] == ["export"] else main(int(arguments[0]) if arguments else N))
