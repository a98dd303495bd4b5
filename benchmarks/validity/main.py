"""Do figures mean what they say? Known populations, 5,000 replications where coverage is claimed.

python -m benchmarks.validity.main [TOPIC…] [--quick]: a tenth of the replications with --quick.
"""

import argparse
import sys
import time

from benchmarks.bars import show
from benchmarks.validity import (
    anchoring,
    audits,
    ceiling,
    complete,
    groups,
    latent,
    looking,
    nonresponse,
    people,
    people_filter,
    skew,
    survey,
    thresholds,
)

TOPICS = {
    "latent": latent.rows,
    "ceiling": ceiling.rows,
    "anchoring": anchoring.rows,
    "people": people.rows,
    "people_filter": people_filter.rows,
    "skew": skew.rows,
    "looking": looking.rows,
    "groups": groups.rows,
    "survey": survey.rows,
    "complete": complete.rows,
    "audits": audits.rows,
    "thresholds": thresholds.rows,
    "nonresponse": nonresponse.rows,
}
REPLICATIONS = 5000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"of {', '.join(TOPICS)}")
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()
    if unknown := set(args.topics) - set(TOPICS):
        sys.exit(f"Unknown: {', '.join(sorted(unknown))}; known are {', '.join(TOPICS)}")
    missed = 0
    for topic in args.topics or TOPICS:
        began = time.perf_counter()
        print(f"-- {topic}", flush=True)
        for row in TOPICS[topic](REPLICATIONS // 10 if args.quick else REPLICATIONS):
            show(row)
            missed += not row.met
        print(f"   {time.perf_counter() - began:.0f} s", flush=True)
    print(f"{missed} bars missed" if missed else "all bars met")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
