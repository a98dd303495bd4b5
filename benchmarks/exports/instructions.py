"""Instruction data of a run by this code and, in turns, by an earlier checkout of it.

  python -m benchmarks.exports.instructions [--intentions N] [--rounds N] [--before CHECKOUT]

Each in services of its own, with the same intentions imported before; the command's whole time counts. Whether both
write the same records is told: early checkouts compose other ones. Without --before there is a rate and no
bar.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks import beside
from benchmarks.catalog.intentions import generate

BAR = 3.0
MADE = f"""{beside.BEGUN}
from io import StringIO
with embedded.services(say=lambda line: None):
    call_command("migrate", verbosity=0)
    call_command("import_intentions", sys.argv[1], "--run", "elsewhere", "--create", stdout=StringIO())
"""
EXPORTED = f"""{beside.BEGUN}
from io import StringIO
rows, told = map(Path, sys.argv[1:])
data = rows.with_name("data")
with embedded.services(say=lambda line: None):
    begun = time.perf_counter()
    call_command("export_instructions", "elsewhere", "--output", str(data), stdout=StringIO())
    told.write_text(str(time.perf_counter() - begun))
rows.write_bytes(b"".join(path.read_bytes() for path in sorted(data.rglob("*.jsonl"))))
"""


def main() -> int:
    options = beside.asked(__doc__, "intentions", 200_000)
    n = options.intentions
    with tempfile.TemporaryDirectory(prefix="mindsite-bench-") as folder:
        path = Path(folder) / "intentions.jsonl"
        generate(path, n)
        found = beside.sides(Path(folder), options.before)
        for side in found:
            side.run(side.folder / "made", MADE, str(path))
        return beside.in_turns(
            found, lambda side: side.timed(EXPORTED, made=side.folder / "made"),
            what="instruction data", n=n, rounds=options.rounds, bar=BAR,
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
