"""`manage.py agreement` against pandas, krippendorff and irrCAC on a CSV of 1,000,000 lines, as whole processes.

python -m benchmarks.figures.agreement            makes the file, runs both in turn, compares every value
python -m benchmarks.figures.agreement FILE       their side alone, for a Python that has these packages
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from benchmarks.bars import at_least, at_most, show

BASE = Path(__file__).resolve().parents[2]
REQUIREMENTS = BASE / "requirements-bench.txt"
THEIR_VENV = BASE / "var" / "bench-agreement" / "venv"
ITEMS, OVERLAP, ANNOTATORS, REPEATED = 330_000, 3, 40, 10_000
ROUNDS, BAR, TOLERANCE = 5, 5, 1e-6


def ratings_written(path: Path) -> None:
    """Five-point labels around each item's own quality, in rounds over the items; the last rows repeat earlier ones."""
    import numpy as np  # noqa: PLC0415

    rng = np.random.default_rng(1)
    quality = 1.2 * rng.normal(size=(ITEMS, 1)) + rng.normal(size=(ITEMS, OVERLAP))
    labels = np.digitize(quality, [-1.2, -0.4, 0.4, 1.2]) + 1
    first = rng.integers(ANNOTATORS, size=ITEMS)
    with path.open("w") as file:
        file.write("item,annotator,label\n")
        for turn in range(OVERLAP):
            whose = (first + turn) % ANNOTATORS
            file.writelines(f"item-{i:06},anna-{who},{labels[i, turn]}\n" for i, who in enumerate(whose.tolist()))
        file.writelines(f"item-{i:06},anna-{first[i]},3\n" for i in rng.choice(ITEMS, REPEATED, replace=False))


def theirs(path: str) -> dict[str, float]:
    import krippendorff  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415
    from irrCAC.raw import CAC  # noqa: PLC0415

    labels = pd.read_csv(path).drop_duplicates(["item", "annotator"])
    counts = labels.groupby(["item", "label"]).size().unstack(fill_value=0)
    values = {f"prevalence {name}": share for name, share in labels["label"].value_counts(normalize=True).items()}
    for level in ("nominal", "ordinal", "interval"):
        values[f"krippendorff_alpha {level}"] = krippendorff.alpha(
            value_counts=counts.to_numpy(), value_domain=list(counts.columns), level_of_measurement=level
        )
    raw = labels.pivot(index="item", columns="annotator", values="label")
    for scale in ("identity", "linear", "quadratic", "ordinal"):
        of_scale = CAC(raw, weights=scale, digits=12)
        gwet = of_scale.gwet()["est"]
        values["gwet_ac1" if scale == "identity" else f"gwet_ac2 {scale}"] = gwet["coefficient_value"]
        if scale == "identity":
            values["percent_agreement item_mean"] = gwet["pa"]
            values["fleiss_kappa"] = of_scale.fleiss()["est"]["coefficient_value"]
    return values


def their_python() -> str:
    done = THEIR_VENV / "installed"
    if not done.exists() or done.stat().st_mtime < REQUIREMENTS.stat().st_mtime:
        print(f"Installing {REQUIREMENTS.name} into {THEIR_VENV.parent}, once …", flush=True)
        venv.create(THEIR_VENV, clear=True, with_pip=True)
        pip = [THEIR_VENV / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", REQUIREMENTS], check=True)
        done.touch()
    return str(THEIR_VENV / "bin" / "python")


def timed(command: list[str]) -> tuple[float, float, dict]:
    """Seconds by the clock, seconds of processors (a busy machine leaves these nearly alone), and what it printed."""
    start, before = time.perf_counter(), os.times()
    out = subprocess.run(command, cwd=BASE, check=True, capture_output=True, text=True).stdout
    seconds, after = time.perf_counter() - start, os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, spent, json.loads(out)


def leaf(report: dict, name: str) -> float:
    for key in name.split():
        report = report[key]
    return report["value"]


def main() -> int:
    python = their_python()
    with tempfile.TemporaryDirectory(prefix="mindsite-bench-") as folder:
        path = Path(folder) / "ratings.csv"
        ratings_written(path)
        ours_command = [sys.executable, "manage.py", "agreement", str(path), "--level", "interval", "--json"]
        their_command = [python, "-m", "benchmarks.figures.agreement", str(path)]
        runs = [(timed(ours_command), timed(their_command)) for _ in range(ROUNDS)]
    ours, their = zip(*runs, strict=True)
    report, values = ours[-1][2], their[-1][2]
    print(f"{'':32}{'Mindsite':>14}{'theirs':>14}{'difference':>12}")
    for name, value in values.items():
        print(f"{name:32}{leaf(report, name):14.9f}{value:14.9f}{abs(leaf(report, name) - value):12.1e}")
    for what, place in (("by the clock", 0), ("of processors", 1)):
        ours_s, their_s = (statistics.median(run[place] for run in side) for side in (ours, their))
        more = f"Mindsite {ours_s:.2f} s, pandas + krippendorff + irrCAC {their_s:.2f} s"
        show(at_least(f"agreement, times as fast {what}", their_s / ours_s, BAR), more)
    worst = max(abs(leaf(report, name) - value) for name, value in values.items())
    more = (
        f"{ITEMS * OVERLAP + REPEATED:,} lines, {report['repeated_labels']:,} repeated, process start included, "
        f"medians of {ROUNDS}; load average {os.getloadavg()[0]:.1f}"
    )
    show(at_most(f"greatest difference of {len(values)} values", worst, TOLERANCE), more)
    return int(worst > TOLERANCE or report["repeated_labels"] != REPEATED)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(theirs(sys.argv[1])))
    else:
        sys.exit(main())
