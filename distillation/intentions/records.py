"""A row of an intention file as what is stored: cleaned, its relation mapped, its verdict read."""

import html
import re
from pathlib import Path
from typing import NamedTuple

from distillation.catalog.readers.cleaning import MAX_TITLE, clean_category, clean_text, is_asin
from distillation.catalog.readers.csvtable import refusal
from distillation.intentions.account import IntentionAccount
from distillation.intentions.layouts import Layout
from distillation.intentions.relation_names import relation_code
from distillation.pipeline.parsing import parse_verdict
from distillation.pipeline.text import clean, sentence

EVEN = 0.5

# Other releases' sentences begin with their own words for "they bought both": in a blind study these would give the
# source away, so they go the way of our own lead. What was there stays in the raw reply.
LEADS = re.compile(
    r"""^\W*(?:PersonX|He|She|They)\s+(?:bought|buys?)\s+a\s+product\s+of\s+(?:Item\s+A|".*?")\s+and\s+"""
    r"""a\s+product\s+of\s+(?:Item\s+B|".*?")[\s,]*(?:because\s+|and\s+(?=buying))?"""
    r"""|^\W*They\s+bought\s+both\s+because\s+""",
    re.IGNORECASE | re.DOTALL,
)
_ANSWERS = {**dict.fromkeys(("yes", "true", "1"), True), **dict.fromkeys(("no", "false", "0"), False)}


class IntentionRecord(NamedTuple):
    """In the order of the staging table's columns."""

    place: int
    asin_a: str
    asin_b: str
    relation: str
    text: str
    raw: str
    yes: bool | None
    p_yes: float | None
    reason: str
    answer: str
    title_a: str
    title_b: str
    category_a: str
    category_b: str


class Reader:
    """Turns the rows of one file into records; what is left out goes into the account under its reason."""

    def __init__(self, path: Path, layout: Layout, account: IntentionAccount) -> None:
        self.path = path
        self.layout = layout
        self.account = account

    def record(self, line: int, row: dict[str, str]) -> IntentionRecord | None:
        """None for a row that is left out."""
        self.account.rows += 1
        given = {field: _first(row, names) for field, names in self.layout.columns.items()}
        if reason := _why_left_out(given):
            self.account.leave_out(reason)
            return None
        code = relation_code(given["relation"])
        if code is None:
            self.account.leave_out_relation(given["relation"])
            return None
        if code != given["relation"]:
            self.account.map_relation(given["relation"], code)
        text = intention_text(given["text"])
        if not text:
            self.account.leave_out("no text")
            return None
        yes, p_yes, reason = self._verdict(line, given)
        ends = (given["asin_a"], given["asin_b"])
        products = [clean_text(given.get(name, ""))[:MAX_TITLE] for name in ("title_a", "title_b")]
        products += [clean_category(given.get(name, "")) for name in ("category_a", "category_b")]
        return IntentionRecord(
            line, *ends, code, text, given["text"], yes, p_yes, reason, given.get("answer", ""), *products
        )

    def _verdict(self, line: int, given: dict[str, str]) -> tuple[bool | None, float | None, str]:
        p_yes = self._p_yes(line, given.get("p_yes", ""))
        if answer := given.get("answer"):
            value = parse_verdict(answer)
            self.account.verdicts_unreadable += value is None
            return (value.yes, p_yes, value.reason) if value else (None, None, "")
        word = given.get("verdict", "").lower()
        if word and word not in _ANSWERS:
            raise refusal(self.path, line, f'the verdict "{word[:40]}" is neither yes nor no; write one, or nothing')
        yes = _ANSWERS.get(word, None if p_yes is None else p_yes >= EVEN)
        return yes, p_yes, clean(given.get("reason", "")) if yes is not None else ""

    def _p_yes(self, line: int, cell: str) -> float | None:
        if not cell:
            return None
        try:
            p_yes = float(cell)
        except ValueError:
            p_yes = -1.0
        if not 0 <= p_yes <= 1:
            raise refusal(self.path, line, f"p_yes {cell[:40]} is no number from 0 to 1; mend it or leave it empty")
        return p_yes


def _first(row: dict[str, str], names: tuple[str, ...]) -> str:
    for name in names:  # as a generator it takes twice the time, eleven times a row
        if cell := row.get(name):
            return cell.strip()
    return ""


def intention_text(raw: str) -> str:
    """The intention's own sentence, as the pipeline stores it."""
    return sentence(LEADS.sub("", clean(html.unescape(raw)), count=1))


def _why_left_out(given: dict[str, str]) -> str:
    ends = (given["asin_a"], given["asin_b"])
    if not all(map(is_asin, ends)):
        return "an ASIN is missing or has other signs than letters, digits, hyphens and underscores"
    return "a product paired with itself" if ends[0] == ends[1] else ""
