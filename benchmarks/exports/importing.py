"""Import of judgments, by this code and, in turns, by an earlier checkout of it.

  python -m benchmarks.exports.importing [--judgments N] [--rounds N] [--before CHECKOUT]

Each in services of its own, with a study of the same items, into which a file is read that the earliest of them has
exported; the command's whole time counts. Both must write the same rows. Without --before there is a rate and no bar.
An earlier checkout finds its packages where this Python does (PYTHONPATH for what is needed no more).
"""

import argparse
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.bars import at_least, holds, show

ROOT = Path(__file__).resolve().parents[2]
BAR = 3.0
OVERLAP = 3
BEGUN = """
import sys, time
from pathlib import Path
import django
django.setup()
from mindsite import embedded
from django.core.management import call_command
from django.db import connection
"""
# As deep as the file: the items and what they say, and nobody who has judged them yet.
MADE = f"""{BEGUN}
file, items = Path(sys.argv[1]), int(sys.argv[2])
with embedded.services(say=lambda line: None), connection.cursor() as cursor:
    call_command("migrate", verbosity=0)
    from benchmarks.fill import judgments_filled, run_filled, study_filled
    study = study_filled(run_filled(items), items, overlap={OVERLAP})
    if not file.exists():
        judgments_filled(study)
        call_command("export_judgments", study.name, "--output", str(file))
        cursor.execute("TRUNCATE annotation_judgment CASCADE")
        cursor.execute("DELETE FROM annotation_participant")
        cursor.execute("UPDATE annotation_item SET n_judged = 0, taken = 0")
    cursor.execute("VACUUM FULL ANALYZE")
"""
READ = f"""{BEGUN}
with embedded.services(say=lambda line: None):
    begun = time.perf_counter()
    call_command("import_judgments", "filled", sys.argv[1])
    seconds = time.perf_counter() - begun
    with connection.cursor() as cursor, cursor.copy(f"COPY ({{sys.argv[2]}}) TO STDOUT") as copy:
        with Path(sys.argv[3]).open("wb") as file:
            for data in copy:
                file.write(data)
    Path(sys.argv[4]).write_text(str(seconds))
"""
WRITTEN = """
SELECT j.item_id, p.pseudonym, p.n_judged, p.seconds, j.kind, j.plausibility, j.typicality, j.a_on_left, j.seconds,
       j.active_seconds, j.comment, j.version, j.audit_asked, j.created_at, j.filter_right, j.audit_reason,
       j.audited_at, i.taken, i.n_judged, i.plausibility_tally, i.typicality_tally, i.judged_at
FROM annotation_judgment j JOIN annotation_participant p ON p.id = j.participant_id
JOIN annotation_item i ON i.id = j.item_id ORDER BY j.id
"""


class Side:
    """One checkout, with a study that is filled once and copied for each round."""

    def __init__(self, name: str, checkout: Path, folder: Path) -> None:
        self.name, self.checkout, self.folder = name, checkout, folder / name
        self.folder.mkdir()
        self.seconds: list[float] = []

    def made(self, file: Path, items: int) -> None:
        self._run(self.folder / "made", MADE, str(file), str(items))

    def read(self, file: Path) -> str:
        """The digest of what was written."""
        with tempfile.TemporaryDirectory(dir=self.folder) as place:
            var, rows, told = (Path(place) / name for name in ("var", "rows", "seconds"))
            subprocess.run(["cp", "--archive", str(self.folder / "made"), str(var)], check=True)
            self._run(var, READ, str(file), WRITTEN, str(rows), str(told))
            self.seconds.append(float(told.read_text()))
            with rows.open("rb") as written:
                return hashlib.file_digest(written, "sha256").hexdigest()

    def _run(self, var: Path, program: str, *words: str) -> None:
        environment = {
            **os.environ, "MINDSITE_VAR": str(var), "DJANGO_SETTINGS_MODULE": "mindsite.settings", "LOG_LEVEL": "ERROR",
        }  # fmt: skip
        command = [sys.executable, "-c", program, *words]
        subprocess.run(command, cwd=self.checkout, env=environment, check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judgments", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--before", type=Path, help="a checkout of an earlier commit")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mindsite-bench-") as folder:
        file, written = Path(folder) / "judgments.csv", set()
        sides = [Side("now", ROOT, Path(folder))]
        if options.before:
            sides.insert(0, Side("before", options.before.resolve(), Path(folder)))
        for side in sides:
            side.made(file, -(-options.judgments // OVERLAP))
        print(f"{options.judgments:,} judgments, {file.stat().st_size / 1e6:,.0f} MB", flush=True)
        for side in sides * options.rounds:
            written.add(side.read(file))
            took, load = side.seconds[-1], os.getloadavg()[0]
            per_row = 1e6 * took / options.judgments
            print(
                f"  {side.name}: {took:.1f} s, {per_row:.0f} µs a row (load average {load:.1f})",
                flush=True,
            )
    if not options.before:
        return 0
    before, now = (statistics.median(side.seconds) for side in sides)
    same = show(holds("the same rows as before", len(written) == 1))
    return int(not (show(at_least("import of judgments, times as fast as before", before / now, BAR)) and same))


if __name__ == "__main__":
    sys.exit(main())
