"""All measurements, or the named ones, one after the other: python -m benchmarks [NAME…]

Each works on services of its own, prints its figures beside their bars, and is best run on an idle machine.
"""

import os
import subprocess
import sys

PARTS = {
    "whole_path": ["pipeline.whole_path"],
    "import": ["catalog.importing"],
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
    "quota": ["judging.main", "quota"],
    "http": ["judging.main", "http"],
    "flat": ["judging.main", "flat"],
    "kill": ["judging.main", "kill"],
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
    "intentionqa": ["evaluations.main"],
    "purchases": ["purchases.main"],
    "reviews": ["purchases.reviews"],
    "online": ["online.main"],
}


def main() -> int:
    names = sys.argv[1:] or list(PARTS)
    if unknown := set(names) - set(PARTS):
        sys.exit(f"Unknown: {', '.join(sorted(unknown))}; known are {', '.join(PARTS)}")
    failed = []
    for name in names:
        module, *words = PARTS[name]
        print(f"== {name} (load average {os.getloadavg()[0]:.1f})", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{module}", *words], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"Did not end well: {', '.join(failed)}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
