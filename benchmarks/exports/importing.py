"""Import of judgments, by this code and, in turns, by an earlier checkout of it.

  python -m benchmarks.exports.importing [--judgments N] [--rounds N] [--before CHECKOUT]

Each in services of its own, with a study of the same items, into which a file is read that the earlier one has
exported; the command's whole time counts. Both must write the same rows. Without --before there is a rate and no bar.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks import beside

BAR = 3.0
OVERLAP = 3
# Items that nobody has judged, and a file of judgments if there is none yet.
MADE = f"""{beside.BEGUN}
path, items = Path(sys.argv[1]), int(sys.argv[2])
with embedded.services(say=lambda line: None), connection.cursor() as cursor:
    call_command("migrate", verbosity=0)
    from benchmarks.fill import judgments_filled, run_filled, study_filled
    study = study_filled(run_filled(items), items, overlap={OVERLAP})
    if not path.exists():
        judgments_filled(study)
        call_command("export_judgments", study.name, "--output", str(path))
        cursor.execute("TRUNCATE annotation_judgment CASCADE")
        cursor.execute("DELETE FROM annotation_participant")
        cursor.execute("UPDATE annotation_item SET n_judged = 0, taken = 0")
    cursor.execute("VACUUM FULL ANALYZE")
"""
READ = f"""{beside.BEGUN}
rows, told, query, path = sys.argv[1:]
command = ["import_judgments", "filled", path]
with embedded.services(say=lambda line: None):
{beside.TIMED}
"""
# The last digits of a sum of seconds are a matter of the order in which the database meets the rows.
WRITTEN = """
SELECT j.item_id, p.pseudonym, p.n_judged, round(p.seconds::numeric, 6), j.kind, j.plausibility, j.typicality,
       j.a_on_left, j.seconds, j.active_seconds, j.comment, j.version, j.audit_asked, j.created_at, j.filter_right,
       j.audit_reason, j.audited_at, i.taken, i.n_judged, i.plausibility_tally, i.typicality_tally, i.judged_at
FROM annotation_judgment j JOIN annotation_participant p ON p.id = j.participant_id
JOIN annotation_item i ON i.id = j.item_id ORDER BY j.id
"""


def main() -> int:
    options = beside.asked(__doc__, "judgments", 1_000_000)
    n = options.judgments
    with tempfile.TemporaryDirectory(prefix="mindsite-bench-") as folder:
        path = Path(folder) / "judgments.csv"
        found = beside.sides(Path(folder), options.before)
        for side in found:
            side.run(side.folder / "made", MADE, str(path), str(-(-n // OVERLAP)))
        print(f"{n:,} judgments, {path.stat().st_size / 1e6:,.0f} MB", flush=True)
        return beside.in_turns(
            found, lambda side: side.timed(READ, WRITTEN, str(path), made=side.folder / "made"),
            what="import of judgments", n=n, rounds=options.rounds, bar=BAR,
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
