"""One row of a file of judgments, checked: what each column may hold, whatever the format."""

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from accounts.models import User
from annotation.exchange.exports.rows import COLUMNS, OF_REVISIONS
from annotation.exchange.files.asins import Asins, ZerosLost
from annotation.exchange.files.blocks import Block, Cells, Recalled
from annotation.exchange.files.looks import LOOKS, ODD, look_of
from annotation.judging.participants import BY_ROLE
from annotation.models import Judgment, Kind, Study
from common.refusals import Refused
from distillation.models import Exposure

COMMENT_LENGTH = 10_000
LARGEST = 2**63 - 1
NEEDED = (
    "item", "run", "asin_a", "asin_b", "relation", "intention", "annotator", "plausibility", "typicality", "kind",
    "counts", "judged_at",
)  # fmt: skip
KNOWN = frozenset((*COLUMNS, *OF_REVISIONS))
IDENTITY = ("run", "asin_a", "asin_b", "relation", "intention")
# Columns of the staging table, and which of the file's they hold, or what is made of those.
STAGED = {
    **{name: name for name in (
        "line", "place", "item", "identity", "left_asin", "plausibility", "typicality", "kind", "counts", "seconds",
        "active", "comment", "audit_reason", "judged_at", "audited_at", "revision", "after_reveal", "sent_back",
        "revised_at", "simulated", "look", "role", "had_seen", "was_kind",
    )},
    "intention": "intention_id", "pseudonym": "annotator", "version": "study_version", "filter_right": "audit",
    "inclusion": "inclusion_probability",
}  # fmt: skip
OFTEN_ALIKE = frozenset(
    ("item", "intention_id", "annotator", "study_version", "comment", "inclusion_probability", "revision")
)
UNREADABLE = (ValueError, TypeError, KeyError, OverflowError)  # what reading a cell that won't do comes to

# Files of ours that somebody may take for judgments.
OTHER_FILES: dict[frozenset[str], str] = {
    frozenset(("intention", "title_a", "human_label")): "it is a file of intentions; give it to import_intentions",
    frozenset(("skipped_at", "reason")): "it is a file of skips, which are no judgments; export without --skips",
    frozenset(("software", "snapshot", "sha256")): "it is the manifest of an export; give the file beside it",
    frozenset(("messages", "task")): "it is instruction data, not a file of judgments",
    frozenset(("item", "annotator", "label")): "it is a long CSV of labels; give it to agreement",
}

Convert = Callable[[object], object]


class ImportRefused(Refused):
    """One line for the person who asked: what is wrong and where."""


def columns_check(names: Iterable[str]) -> None:
    names = list(names)
    if told := next((what for mark, what in OTHER_FILES.items() if mark <= set(names)), ""):
        raise ImportRefused(told)
    if unknown := sorted(set(names) - KNOWN):
        raise ImportRefused(f"unknown columns {_listed(unknown)}; known are those of export_judgments")
    if missing := [name for name in NEEDED if name not in names]:
        raise ImportRefused(f"column{'s' * (len(missing) > 1)} {_listed(missing)} missing; see export_judgments")
    if len(set(names)) < len(names):
        raise ImportRefused("a column is there twice; leave one of them out")


class Identified(NamedTuple):
    """The products, and what an intention is known by where ids are others."""

    a: str
    b: str
    digest: str


class Checker:
    """Turns rows into what the staging table holds, or says what is wrong with the first cell that can't be read."""

    def __init__(self, study: Study, unit: str, asins: Asins | None = None) -> None:
        self.unit = unit  # what the file's rows are counted in: lines, rows, tasks
        plausible, typical = study.questions
        may_be_open = study.typicality_after_yes or study.version > 1
        self.columns: dict[str, tuple[Convert, str]] = {
            "item": (_whole, "is no whole number"),
            "intention_id": (_whole, "is no whole number"),
            "annotator": (_name, "is no name of 1 to 20 signs"),
            "plausibility": (_one_of(_scale(plausible.values)), f"is none of {_listed(plausible.ascending)}"),
            "typicality": (
                _one_of(_scale(typical.values) | (_NOTHING if may_be_open else {})),
                f"is none of {_listed(typical.ascending)}",
            ),
            "kind": (_one_of(_KINDS), f"is none of {_listed(Kind.values)}"),
            "counts": (_one_of(TRUTH), "is neither true nor false"),
            "study_version": (_smallint, "is no version, a number from 1 to 32767"),
            "seconds": (_real, "is no number of seconds"),
            "active_seconds": (_real, "is no number of seconds"),
            "comment": (_comment, f"is no text of at most {COMMENT_LENGTH:,} signs"),
            "audit": (_one_of({"right": True, "wrong": False} | _NOTHING), "is neither right nor wrong"),
            "audit_reason": (
                _one_of({each: each for each in Judgment.AuditReason.values} | dict.fromkeys(_NOTHING, "")),
                f"is none of {_listed(Judgment.AuditReason.values)}",
            ),
            "judged_at": (_needed(_time), "is no time with its zone, like 2026-01-31T12:00:00Z"),
            "audited_at": (_time, "is no time with its zone, like 2026-01-31T12:00:00Z"),
            "left_product": (_one_of({"a": "a", "b": "b"} | dict.fromkeys(_NOTHING, "a")), "is neither a nor b"),
            "inclusion_probability": (_real, "is no number"),
            "simulated": (_one_of(TRUTH | dict.fromkeys(_NOTHING, False)), "is neither true nor false"),
            "revision": (_revision, "is no number of a revision, from 0 on"),
            "after_reveal": (_one_of(TRUTH | dict.fromkeys(_NOTHING, False)), "is neither true nor false"),
            "sent_back": (_one_of(TRUTH | dict.fromkeys(_NOTHING, False)), "is neither true nor false"),
            "revised_at": (_time, "is no time with its zone, like 2026-01-31T12:00:00Z"),
            "role": (_one_of(_ROLES), f"is none of {_listed(User.Role.values)}"),
            "had_seen": (_one_of(_PLACES), f"is none of {_listed(PLACES)}"),
            "was_kind": (_one_of(_KINDS | dict.fromkeys(_NOTHING, "")), f"is none of {_listed(Kind.values)}"),
        }
        self._asins = asins or Asins(set())

    def staged(self, block: Block) -> list[tuple]:
        """Column by column, in half the time; where that fails, row by row, to say which row and what of it."""
        with suppress(ImportRefused, ZerosLost, *UNREADABLE):
            return self._read(block)
        return [self._row(each) for each in block.each()]

    def _row(self, block: Block) -> tuple:
        number = block.numbers[0]
        try:
            return self._read(block)[0]
        except (ImportRefused, ZerosLost) as refusal:
            raise ImportRefused(f"{self.unit} {number}: {refusal}") from refusal
        except UNREADABLE as error:
            raise self._refusal(*next(block.rows())) from error

    def _read(self, block: Block) -> list[tuple]:
        """What an absent column says is the same for all rows."""
        numbers, columns = block
        got: dict[str, list] = {}
        for name, (convert, _) in self.columns.items():
            if name in columns:
                read = Recalled(convert).__getitem__ if name in OFTEN_ALIKE else convert
                got[name] = list(map(read, columns[name]))
            else:
                got[name] = [convert(None)] * len(numbers)
        known = list(map(Recalled(self._identified).__getitem__, zip(*map(columns.__getitem__, IDENTITY), strict=True)))
        for right, at, reason in zip(got["audit"], got["audited_at"], got["audit_reason"], strict=True):
            if at is None if right is not None else reason:
                raise ImportRefused("an audit has audit and audited_at, and a reason only if wrong")
        staged = got | {
            "line": numbers,
            "place": _places(block),
            "identity": [each.digest for each in known],
            "left_asin": [
                each.a if left == "a" else each.b for each, left in zip(known, got["left_product"], strict=True)
            ],
            "seconds": [seconds or 0.0 for seconds in got["seconds"]],
            "active": [
                seconds or 0.0 if active is None else active
                for seconds, active in zip(got["seconds"], got["active_seconds"], strict=True)
            ],
            "audited_at": [
                None if right is None else at for right, at in zip(got["audit"], got["audited_at"], strict=True)
            ],
            "look": _looks(block),
        }
        return list(zip(*(staged[name] for name in STAGED.values()), strict=True))

    def _identified(self, parts: tuple[Any, ...]) -> "Identified":
        run, *asins, relation, text = parts
        asin_a, asin_b = map(self._asins.found, asins)
        joined = "\x1f".join((run, *sorted((asin_a, asin_b)), relation, text))
        return Identified(asin_a, asin_b, hashlib.md5(joined.encode(), usedforsecurity=False).hexdigest())

    def _refusal(self, number: int, cells: Cells) -> ImportRefused:
        for name, (convert, why) in self.columns.items():
            try:
                convert(cells.get(name))
            except UNREADABLE:
                shown = "" if cells.get(name) is None else f" {ascii(cells[name])[:60]}"
                return ImportRefused(f"{self.unit} {number}: {name}{shown or ' is empty and'} {why}")
        return ImportRefused(f"{self.unit} {number}: run, asin_a, asin_b, relation and intention must be texts")


def _places(block: Block) -> Sequence[int]:
    """Those that Label Studio gives, else the order of the file."""
    numbers, columns = block
    if "place" not in columns:
        return numbers
    return [number if place is None else place for number, place in zip(numbers, columns["place"], strict=True)]


def _looks(block: Block) -> list[str | None]:
    nothing = [None] * len(block.numbers)
    told = zip(*(block.columns.get(name, nothing) for name in LOOKS), strict=True)
    try:
        return [look_of(dict(zip(LOOKS, cells, strict=True))) if any(cells) else None for cells in told]
    except (ValueError, TypeError) as error:
        raise ImportRefused(ODD) from error


_NOTHING: dict[object, None] = {None: None, "": None}
_KINDS = {each: each for each in Kind.values}
_ROLES = {each: each for each in User.Role.values} | dict.fromkeys(_NOTHING, User.Role.ANNOTATOR.value)
PLACES = (BY_ROLE, *Exposure.Where.values)
_PLACES = {each: each for each in PLACES} | dict.fromkeys(_NOTHING, "")
# As earlier exports wrote it, as ours and as other programs do, spreadsheets in their own language.
_YES = ("true", "t", "True", "TRUE", "WAHR", "VRAI", "VERDADERO", "VERO", "WAAR", "VERDADEIRO")
_NO = ("false", "f", "False", "FALSE", "FALSCH", "FAUX", "FALSO", "ONWAAR")
TRUTH: dict[object, bool] = {**dict.fromkeys((*_YES, True), True), **dict.fromkeys((*_NO, False), False)}


def _scale(values: Sequence[int]) -> dict[object, int | None]:
    """Data frames write whole numbers as 1.0 where some are missing."""
    return {written: value for value in values for written in (str(value), f"{value}.0", value)}


def _one_of(choices: dict) -> Convert:
    return choices.__getitem__


def _needed(convert: Convert) -> Convert:
    def converted(value: object) -> object:
        if value in _NOTHING:
            raise ValueError("empty")
        return convert(value)

    return converted


def _whole(value: Any) -> int | None:
    if value in _NOTHING:
        return None
    number = int(value.removesuffix(".0") if isinstance(value, str) else value)
    if (number != value and not isinstance(value, str)) or not 0 <= number <= LARGEST:
        raise ValueError(value)
    return number


def _smallint(value: object) -> int:
    number = _whole(value)
    if number is None:
        return 1
    if not 1 <= number < 2**15:
        raise ValueError(value)
    return number


def _revision(value: object) -> int:
    number = _whole(value) or 0
    if number >= 2**31:
        raise ValueError(value)
    return number


def _real(value: Any) -> float | None:
    if value in _NOTHING:
        return None
    number = float(value)
    if not 0 <= number < math.inf:
        raise ValueError(value)
    return number


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(value)
    value.encode()  # refuses half of a surrogate pair
    return value


def _name(value: object) -> str:
    name = _text(value)
    if not 1 <= len(name) <= 20:
        raise ValueError(value)
    return name


def _comment(value: object) -> str:
    comment = _text(value)
    if len(comment) > COMMENT_LENGTH:
        raise ValueError("long")
    return comment


_OUR_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)  # to word it anew takes longest of all


def _time(value: Any) -> str | None:
    if value in _NOTHING:
        return None
    time = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError(value)
    return value if time is not value and _OUR_TIME.fullmatch(value) else time.isoformat()


def _listed(names: Iterable[object]) -> str:
    return ", ".join(str(name)[:40] for name in list(names)[:8])
