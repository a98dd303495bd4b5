"""1,000,000 judgments to CSV beside raw COPY of the same columns, in turn: time, first data row, peak memory; then the
other formats, and the file read back into the study emptied.

python -m benchmarks.exports.judgments [JUDGMENTS]
"""

import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.bars import at_most, show_all
from benchmarks.own_services import own_services

N, OVERLAP, ROUNDS = 1_000_000, 3, 3
BAR_RATIO, BAR_JSON, BAR_FIRST, BAR_MB = 1.3, 2, 0.5, 150


def main(n: int) -> int:
    with own_services() as folder:
        from django.db import connection  # noqa: PLC0415

        from benchmarks.fill import judgments_filled, run_filled, study_filled  # noqa: PLC0415

        n_items = -(-n // OVERLAP)
        study = study_filled(run_filled(n_items), n_items, overlap=OVERLAP)
        judgments_filled(study)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        n = OVERLAP * n_items
        print(f"{n:,} judgments on {n_items:,} items", flush=True)
        missed = _against_copy(n)
        missed += _json_against_copy(n)
        _told("parquet", n, *_in_a_process("export", "parquet", f"{folder}/judgments.parquet"))
        missed += _read_back(n, Path(folder))
    return missed


def _against_copy(n: int) -> int:
    """In turn, as other work on the machine comes and goes."""
    rounds = [(_raw_copy(), _in_a_process("export", "csv", "")) for _ in range(ROUNDS)]
    for raw, (seconds, first, peak, size) in rounds:
        _told("raw COPY, thrown away", n, raw)
        _told("csv, thrown away", n, seconds, first, peak, size)
    ratio = statistics.median(exported[0] / raw for raw, exported in rounds)
    first = statistics.median(exported[1] for _, exported in rounds)
    peak = max(exported[2] for _, exported in rounds)
    rows = [
        at_most(f"CSV of judgments over raw COPY of the same columns, median of {ROUNDS}", ratio, BAR_RATIO),
        at_most(f"its first data row, median of {ROUNDS}", first, BAR_FIRST, "s"),
        at_most("its peak memory", peak, BAR_MB, "MB"),
    ]
    return int(not show_all(rows))


def _json_against_copy(n: int) -> int:
    raw, rows = _raw_copy(as_json=True), []
    _told("raw COPY of JSON, thrown away", n, raw)
    for form in ("jsonl", "label-studio"):
        exported = _in_a_process("export", form, "")
        _told(form, n, *exported)
        rows.append(at_most(f"{form} over raw COPY of the same columns as JSON", exported[0] / raw, BAR_JSON))
    return int(not show_all(rows))


def _raw_copy(*, as_json: bool = False) -> float:
    """The same columns in one query, in whatever order, with cells that a spreadsheet may run."""
    from django.db import connection  # noqa: PLC0415

    from annotation.exchange.exports.options import Options  # noqa: PLC0415
    from annotation.exchange.exports.rows import Rows  # noqa: PLC0415
    from annotation.models import Study  # noqa: PLC0415

    rows = Rows(Study.objects.get(), Options(machine=True))
    params = rows.params | {"first": 0, "beyond": 2**31}
    query = rows.selected().rpartition(" ORDER BY ")[0]
    if as_json:
        query = f"SELECT row_to_json(x) FROM ({query}) x"
    begun = time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)", params) as copy:
        for _ in copy:
            pass
    return time.perf_counter() - begun


def _read_back(n: int, folder: Path) -> int:
    """Into the study emptied; what comes out again must be the same bytes."""
    from annotation.figures.numbers import study_figures  # noqa: PLC0415
    from annotation.judging.tallying import study_recompute  # noqa: PLC0415
    from annotation.models import Judgment, Study  # noqa: PLC0415

    study, path, again = Study.objects.get(), folder / "judgments.csv", folder / "again.csv"
    study_recompute(study)
    before = study_figures(study)
    _in_a_process("export", "csv", str(path))
    Judgment.objects.all()._raw_delete("default")
    seconds, peak = _in_a_process("import", str(path))
    print(f"  import of csv: {seconds:.1f} s, {n / seconds:,.0f} rows/s, peak {peak:.0f} MB")
    _in_a_process("export", "csv", str(again))
    is_same = path.read_bytes() == again.read_bytes()
    has_same_figures = study_figures(study).as_dict() == before.as_dict()
    print(f"Exported again: {'the same' if is_same else 'OTHER'} bytes, {'the same' if has_same_figures else 'OTHER'} "
          "figures")  # fmt: skip
    return int(not (is_same and has_same_figures))


def _in_a_process(*words: str) -> list[float]:
    """Of its own, so that the peak is what this alone takes."""
    command = [sys.executable, "-m", "benchmarks.exports.judgments", *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [float(each) for each in done.stdout.split()]


def _told(what: str, n: int, seconds: float, *rest: float) -> None:
    more = ", first row {:.2f} s, peak {:.0f} MB, file of {:,.0f} bytes".format(*rest) if rest else ""
    print(f"  {what}: {seconds:.1f} s, {n / seconds:,.0f} rows/s{more}", flush=True)


def export(form: str, output: str) -> None:
    from annotation.exchange.exports.options import Options  # noqa: PLC0415
    from annotation.exchange.exports.recording import export_start  # noqa: PLC0415
    from annotation.models import Study  # noqa: PLC0415

    begun, first, size = time.perf_counter(), 0.0, 0
    _, pieces = export_start(study=Study.objects.get(), options=Options(format=form))
    with open(output or "/dev/null", "wb") as file:
        for piece in pieces:
            first = first or time.perf_counter() - begun
            size += len(piece)
            file.write(piece)
    print(time.perf_counter() - begun, first, _peak(), size)


def import_(path: str) -> None:
    from annotation.exchange.importing import judgments_import  # noqa: PLC0415
    from annotation.models import Study  # noqa: PLC0415

    begun = time.perf_counter()
    judgments_import(study=Study.objects.get(), path=Path(path))
    print(time.perf_counter() - begun, _peak())


def _peak() -> float:
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["export", form, output]:
            import django

            django.setup()
            export(form, output)
        case ["import", path]:
            import django

            django.setup()
            import_(path)
        case arguments:
            sys.exit(main(int(arguments[0]) if arguments else N))
