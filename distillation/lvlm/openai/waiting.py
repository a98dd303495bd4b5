"""How long to wait before a server is asked again."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT_S = 30.0


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """What the server asks for, in seconds, by either of two headers."""
    exact = headers.get("retry-after-ms")
    return retry_seconds(headers.get("Retry-After")) if exact is None else retry_seconds(exact, unit_s=0.001)


def retry_seconds(retry_after: str | None, unit_s: float = 1.0) -> float | None:
    """Bounded, and spread so that all who were turned away don't come back at once."""
    try:
        asked = float(retry_after or "") * unit_s
    except ValueError:
        asked = _until(retry_after or "")
    return min(LONGEST_WAIT_S, asked) * random.uniform(1.0, 1.2) if asked >= 0 else None  # noqa: S311


def _until(date: str) -> float:
    """Seconds until an HTTP date; negative where it is none or has passed."""
    try:
        return (parsedate_to_datetime(date).astimezone(UTC) - datetime.now(UTC)).total_seconds()
    except ValueError:
        return -1.0
