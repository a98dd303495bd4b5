"""What a shop sends, looked at row by row: plain code, as a serializer a row would be most of a batch's time."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b, sha256
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from research.models import OnlineExperiment
from research.online.assignment import assigned
from research.online.refusals import OnlineRefused

MOST_ROWS = 5_000
LONGEST = 200  # signs of a key or a unit
CLOCKS_DIFFER = timedelta(minutes=5)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MOST_MONEY = 1e9
TEXTS = "text of 1 to 200 signs"


@dataclass(frozen=True, slots=True)
class Shown:
    key: UUID
    unit: UUID
    arm: int
    as_assigned: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Came:
    key: UUID
    unit: UUID
    value: float
    at: datetime


class Hashes:
    """Keyed by the installation's secret and the experiment's salt: no two experiments can be joined by their units."""

    def __init__(self, online: OnlineExperiment) -> None:
        self.key = sha256(f"online:{online.salt}:{settings.SECRET_KEY}".encode()).digest()

    def of(self, text: str) -> UUID:
        return UUID(bytes=blake2b(text.encode(), key=self.key, digest_size=16).digest())


def exposures_read(online: OnlineExperiment, rows: Sequence[Mapping[str, object]]) -> list[Shown]:
    """Raises OnlineRefused that names the row. An arm that is not told is the assigned one."""
    arms = list(online.arms.all())
    weights, places = [arm.weight for arm in arms], {arm.name: arm.place for arm in arms}
    hashes, latest, read = Hashes(online), timezone.now() + CLOCKS_DIFFER, []
    for n, row in enumerate(_few(rows)):
        unit, meant = _text(row, n, "unit"), row.get("arm")
        place = assigned(online.salt, unit, weights)
        arm = place if meant is None else places.get(meant) if isinstance(meant, str) else None
        if arm is None:
            raise OnlineRefused(f"row {n}: arm {str(meant)[:60]!r} is none of {', '.join(places)}")
        read.append(Shown(hashes.of(_text(row, n, "key")), hashes.of(unit), arm, arm == place, _at(row, n, latest)))
    return read


def outcomes_read(online: OnlineExperiment, rows: Sequence[Mapping[str, object]]) -> list[Came]:
    hashes, latest = Hashes(online), timezone.now() + CLOCKS_DIFFER
    return [
        Came(hashes.of(_text(row, n, "key")), hashes.of(_text(row, n, "unit")), _value(row, n), _at(row, n, latest))
        for n, row in enumerate(_few(rows))
    ]


def _few(rows: Sequence[Mapping[str, object]]) -> Sequence[Mapping[str, object]]:
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_ROWS:
        raise OnlineRefused(f"Send a list of 1 to {MOST_ROWS:,} rows at a time")
    if bad := [n for n, row in enumerate(rows) if not isinstance(row, dict)]:
        raise OnlineRefused(f"row {bad[0]}: no object; send key, unit and at")
    return rows


def _text(row: Mapping[str, object], n: int, name: str) -> str:
    told = row.get(name)
    if not isinstance(told, str) or not 1 <= len(told) <= LONGEST:
        raise OnlineRefused(f"row {n}: {name} has to be a {TEXTS}")
    return told


def _value(row: Mapping[str, object], n: int) -> float:
    told = row.get("value", 0)
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told) or abs(told) > MOST_MONEY:
        raise OnlineRefused(f"row {n}: value has to be a number within {MOST_MONEY:,.0f}")
    return float(told)


def _at(row: Mapping[str, object], n: int, latest: datetime) -> datetime:
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
