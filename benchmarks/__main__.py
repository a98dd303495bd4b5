"""All measurements, or the named ones, one after the other: python -m benchmarks [NAME…]

Each works on services of its own, prints its figures beside their bars, and is best run on an idle machine.
"""

import os
import subprocess
import sys

PARTS = {
    "whole_path": ["whole_path"],
    "import": ["catalog_import"],
    "pictures": ["pictures"],
    "catalog": ["catalog_page"],
    "search": ["knowledge_search"],
    "pipeline": ["pipeline"],
    "run_page": ["run_page"],
    "knowledge_export": ["knowledge_export"],
    "export": ["export"],
    "quota": ["judging", "quota"],
    "http": ["judging", "http"],
    "flat": ["judging", "flat"],
    "kill": ["judging", "kill"],
    "browser": ["browser"],
    "tallies": ["tallies"],
    "figures": ["figures"],
    "coverage": ["coverage"],
    "bias": ["coverage", "bias"],
    "agreement": ["agreement"],
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
