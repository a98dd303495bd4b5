"""Published ratings and what other packages compute of them (tests/data/ratings/README.md)."""

import json
from pathlib import Path

RATINGS = Path(__file__).parent / "data" / "ratings"
REFERENCES = json.loads((RATINGS / "references.json").read_text())["datasets"]
