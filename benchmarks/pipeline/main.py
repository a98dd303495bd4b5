"""The pipeline against a model server of known manners, part by part; each prints its figure, the bar and the ratio.

  python -m benchmarks.pipeline.main [PART…]       speed prefix memory faults kill scale planning pause; default: all

The server and the plain client that it is compared with (--bench) and the photos (--photos) are not part of the
project. Works in a database of its own, with real workers. Says the machine's load beside the figures: a ratio from a
busy machine says little.
"""

import argparse
import os
import sys
from pathlib import Path

from benchmarks.own_services import own_services

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("speed", "prefix", "memory", "faults", "kill", "scale", "planning", "pause")


def main() -> None:
    shared = ROOT.parent / "shared"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--bench", type=Path, default=shared / "bench", help="folder of fake_lvlm.py, plain_client.py")
    parser.add_argument("--photos", type=Path, default=shared / "data" / "photos" / "img", help="folder of JPEGs")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if not (options.bench / "fake_lvlm.py").is_file() or not options.photos.is_dir():
        print(f"Skipped: {options.bench}/fake_lvlm.py or {options.photos} is not there; name them by options")
        return
    with own_services() as folder:
        from benchmarks.pipeline import parts, world  # noqa: PLC0415 - they need the settings

        here = world.World(Path(folder), options.bench, options.photos)
        for part in options.parts or PARTS:
            print(f"{part} (load {os.getloadavg()[0]:.1f})", flush=True)
            getattr(parts, part)(here)
    sys.exit(0 if here.all_met else 1)


if __name__ == "__main__":
    main()
