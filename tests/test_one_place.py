"""Rules and numbers that stand in one place: a twin anywhere else fails."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = (
    *("accounts", "annotation", "api", "common", "distillation", "knowledge", "mindsite", "research", "stats"),
    "webhooks",
)
FILES = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts]


class Rule(NamedTuple):
    pattern: str  # of a spelling of its own
    home: str
    twin: str  # one that must not go unseen


FIELDS = "annotation/models/protocol_fields.py"
RULES = {
    "what is kept, as SQL": Rule(
        r"coalesce\(\s*(\{?\w+\}?\.)?p_yes\s*>=", "common/kept.py", "coalesce(v.p_yes >= r.strictness, v.yes)"
    ),
    "what is kept, for the ORM": Rule(
        r"p_yes__(gte|lt)=(F\(|\w*\.?(?i:strictness))", "common/kept.py", 'Q(verdict__p_yes__gte=F("run__strictness"))'
    ),
    "what is kept, in Python": Rule(
        r"p_yes is None else [\w.]*p_yes >= [\w.]*strictness", "common/kept.py",
        "self.yes if self.p_yes is None else self.p_yes >= strictness",
    ),
    "which judgments are first, as SQL": Rule(
        r"\bkind\s*(=|<>|!=)\s*'item'", "common/counting.py", "WHERE timed.kind = 'item'"
    ),
    "which judgments are first, for the ORM": Rule(
        r"kind=(Kind\.ITEM|\"item\")(?!\), name=)", "common/counting.py", "filter(item__judgments__kind=Kind.ITEM)"
    ),
    "who is excluded, as SQL": Rule(
        r"state\s*(=|<>|!=)\s*'excluded'", "common/counting.py", "p.state <> 'excluded'"
    ),
    "who is excluded, for the ORM": Rule(
        r"(filter|exclude|Q|get)\([^)]*state=([\w.]*\.EXCLUDED|\"excluded\")", "common/counting.py",
        "Q(participants__state=Participant.State.EXCLUDED)",
    ),
    "whose judgments are people's, as SQL": Rule(r"NOT \w+\.simulated", "common/counting.py", "NOT s.simulated"),
    "whose judgments are people's, for the ORM": Rule(
        r"(filter|exclude|Q)\([^)]*simulated=(False|True)", "common/counting.py", "studies.filter(x=1, simulated=False)"
    ),
    "when an item is complete, as SQL": Rule(
        r"(?i)coalesce\(\w+\.drawn_overlap", "common/complete.py", "n_judged >= coalesce(i.drawn_overlap, i.overlap)"
    ),
    "when an item is complete, for the ORM": Rule(
        r"Coalesce\(\"drawn_overlap\"", "common/complete.py", 'Q(n_judged__gte=Coalesce("drawn_overlap", "overlap"))'
    ),
    "over which items people are split": Rule(
        r"lead__gt=-F\(", "annotation/figures/splits.py", 'filter(total__gte=2, lead__gt=-F("total"))'
    ),
    "how long an item stays": Rule(r"lease[_-]minutes.*\b(30|1_?440)\b", FIELDS, "lease_minutes = small(1, 1_440)"),
    "how many judgments an item": Rule(r"overlap = .*\b(100|3)\b", FIELDS, "overlap = small(1, 100, default=3)"),
    "how many repeats": Rule(
        r"repeat[_-](share|distance).*\b(0\.5|20|10_000)\b", FIELDS, '"--repeat-distance", type=int, default=20'
    ),
    "how many tries": Rule(r"qualification_(items|pass|tries).*\b(20|100)\b", FIELDS, "qualification_tries = n(1, 20)"),
    "how many items": Rule(r"\bitems\b.*\b10_000_000\b", FIELDS, "items = IntegerField(max_value=10_000_000)"),
    "what is too fast": Rule(r"0\.1, (max_value=)?600\b", FIELDS, "min_value=0.1, max_value=600"),
    "what rules look at": Rule(r"\b1, 200\b|\b2, 200\b", FIELDS, 'number("of at least", 1, 200, 10)'),
    "the scales proposed": Rule(
        r"preset.*(default|initial)=\"mind\"", "annotation/scales.py", 'preset = CharField(default="mind")'
    ),
    "the order proposed": Rule(
        r"(default|initial)=(Study\.)?Order\.", "annotation/models/studies.py", "initial=Study.Order.BLOCKS"
    ),
    "the strictness of a new run": Rule(
        r"(?i:strictness)\b(: float)? = [^)]*(?<![\d.])0\.5\b", "common/kept.py",
        "strictness = forms.FloatField(\n    min_value=0, max_value=1, initial=0.5",
    ),
    "how large a picture may be": Rule(r"30_?000_?000", "mindsite/settings.py", "MAX_BYTES = 30_000_000"),
    "what a coefficient is called": Rule(
        r"Krippendorff α, (nominal|ordinal)", "stats/agreement/names.py", '"Krippendorff α, nominal",'
    ),
    "the words of a relation": Rule(
        r"\"sharing the property of\"", "distillation/pipeline/relations.py", '_("sharing the property of"),'
    ),
    "the reasons of a wrong verdict": Rule(
        r"\"Reason against verdict\"", "annotation/models/judgments.py", '_("Reason against verdict"),'
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_each_rule_has_one_home(name: str) -> None:
    rule = RULES[name]
    found = {str(path.relative_to(ROOT)) for path in FILES if re.search(rule.pattern, path.read_text(encoding="utf-8"))}
    assert found - {rule.home} == set()
    assert (ROOT / rule.home).is_file()


@pytest.mark.parametrize("name", RULES)
def test_a_twin_would_be_seen(name: str) -> None:
    assert re.search(RULES[name].pattern, RULES[name].twin)
