"""Rules and numbers that stand in one place: a twin anywhere else fails."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("accounts", "annotation", "api", "common", "distillation", "knowledge", "mindsite", "stats", "webhooks")
FILES = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts]
RULES = {
    "what is kept, as SQL": (r"coalesce\(\s*\w*\.?p_yes\s*>=", "common/kept.py"),
    "what is kept, for the ORM": (r"p_yes__gte=(F\(|strictness|STRICTNESS)", "common/kept.py"),
    "what is kept, in Python": (r"p_yes is None else \w*\.?p_yes >= \w*strictness", "common/kept.py"),
    "who is excluded, as SQL": (r"state <> 'excluded'", "common/counting.py"),
    "which judgments are first, as SQL": (r"\bj\.kind = 'item'", "common/counting.py"),
    "which judgments count, for the ORM": (r"exclude\(participant__state=", "annotation/models"),
    "whose judgments are people's, as SQL": (r"NOT s\.simulated", "common/counting.py"),
    "how long an item stays": (r"lease[_-]minutes.*\b(30|1_?440)\b", "annotation/models/protocol_fields.py"),
    "how many repeats": (r"repeat[_-](share|distance).*\b(0\.5|20|10_000)\b", "annotation/models/protocol_fields.py"),
    "the strictness of a new run": (r"strictness\b.*(=|default=)\s*0\.5\b", "common/kept.py"),
    "how large a picture may be": (r"30_?000_?000", "mindsite/settings.py"),
    "what a coefficient is called": (r"\"Krippendorff α, nominal\"", "stats/agreement/names.py"),
    "the words of a relation": (r"\"sharing the property of\"", "distillation/pipeline/relations.py"),
    "the reasons of a wrong verdict": (r"\"Reason against verdict\"", "annotation/models"),
}


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_has_one_home(rule: str):
    pattern, home = RULES[rule]
    found = {str(path.relative_to(ROOT)) for path in FILES if re.search(pattern, path.read_text(encoding="utf-8"))}
    assert {path for path in found if not path.startswith(home)} == set()
