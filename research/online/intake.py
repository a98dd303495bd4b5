"""What a shop sends, looked at row by row: plain code, as a serializer a row would be most of a batch's time."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b, sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from research.models import Exposure, OnlineExperiment, Outcome
from research.online.assignment import assigned
from research.online.refusals import OnlineRefused

MOST_ROWS = 5_000
LONGEST = 200  # signs of a key or a unit
CLOCKS_DIFFER = timedelta(minutes=5)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MOST_MONEY = 1e9
TEXTS = "text of 1 to 200 signs"


Sent = Mapping[str, object]
Event = tuple[Any, ...]  # in the order of its kind's columns
Own = Callable[[Sent, int, str], tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a shop sends in batches. `own` are the columns that no other kind has, and `reader` reads these of a row."""

    name: str
    model: type[Exposure] | type[Outcome]
    own: Mapping[str, str]
    reader: Callable[[OnlineExperiment], Own]
    until_stop: bool

    @property
    def columns(self) -> dict[str, str]:
        """With their types; the key comes first and the time last."""
        return {"key": "uuid", "unit": "uuid", **self.own, "at": "timestamptz"}


class Hashes:
    """Keyed by the installation's secret and the experiment's salt: no two experiments can be joined by their units."""

    def __init__(self, online: OnlineExperiment) -> None:
        self.key = sha256(f"online:{online.salt}:{settings.SECRET_KEY}".encode()).digest()

    def of(self, text: str) -> UUID:
        return UUID(bytes=blake2b(text.encode(), key=self.key, digest_size=16).digest())


def events_read(online: OnlineExperiment, kind: Kind, rows: Sequence[Sent]) -> list[Event]:
    """Raises OnlineRefused that names the row."""
    own, hashes, latest, read = kind.reader(online), Hashes(online), timezone.now() + CLOCKS_DIFFER, []
    for n, row in enumerate(_few(rows)):
        key, unit = _text(row, n, "key"), _text(row, n, "unit")
        read.append((hashes.of(key), hashes.of(unit), *own(row, n, unit), _at(row, n, latest)))
    return read


def _what_was_shown(online: OnlineExperiment) -> Own:
    """An arm that is not told is the assigned one."""
    arms = list(online.arms.all())
    weights, places = [arm.weight for arm in arms], {arm.name: arm.place for arm in arms}

    def read(row: Sent, n: int, unit: str) -> tuple[int, bool]:
        meant, place = row.get("arm"), assigned(online.salt, unit, weights)
        arm = place if meant is None else places.get(meant) if isinstance(meant, str) else None
        if arm is None:
            raise OnlineRefused(f"row {n}: arm {str(meant)[:60]!r} is none of {', '.join(places)}")
        return arm, arm == place

    return read


def _what_it_brought(online: OnlineExperiment) -> Own:
    return lambda row, n, unit: (_value(row, n),)


EXPOSURES = Kind(
    name="exposures", model=Exposure, own={"arm": "smallint", "as_assigned": "boolean"}, reader=_what_was_shown,
    until_stop=True,
)  # fmt: skip
OUTCOMES = Kind(  # after the stop too: the windows of units are open still
    name="outcomes", model=Outcome, own={"value": "float8"}, reader=_what_it_brought, until_stop=False
)


def _few(rows: Sequence[Sent]) -> Sequence[Sent]:
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_ROWS:
        raise OnlineRefused(f"Send a list of 1 to {MOST_ROWS:,} rows at a time")
    if bad := [n for n, row in enumerate(rows) if not isinstance(row, dict)]:
        raise OnlineRefused(f"row {bad[0]}: no object; send key, unit and at")
    return rows


def _text(row: Sent, n: int, name: str) -> str:
    told = row.get(name)
    if not isinstance(told, str) or not 1 <= len(told) <= LONGEST:
        raise OnlineRefused(f"row {n}: {name} has to be a {TEXTS}")
    return told


def _value(row: Sent, n: int) -> float:
    told = row.get("value", 0)
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told) or abs(told) > MOST_MONEY:
        raise OnlineRefused(f"row {n}: value has to be a number within {MOST_MONEY:,.0f}")
    return float(told)


def _at(row: Sent, n: int, latest: datetime) -> datetime:
    told = row.get("at")
    try:
        at = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise OnlineRefused(f"row {n}: at has to be a time with its zone, such as 2026-03-01T12:00:00Z")
    if not EARLIEST <= at <= latest:
        raise OnlineRefused(f"row {n}: at {told} is {'in the future' if at > latest else 'before 2000'}")
    return at
