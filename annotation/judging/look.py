"""What was really seen of an item, as the page tells it: a browser's report, so bounded and never believed far."""

import json
from typing import Any

SIDES = ("left", "right")
# Loaded and in view; loaded and never in view; not loaded when the answer was saved; not to be had; none to be shown.
SHOWN, UNSEEN, LATE, FAILED, NONE = PICTURES = ("shown", "unseen", "late", "failed", "none")
DEVICES = ("phone", "tablet", "desktop")
ORIENTATIONS = ("portrait", "landscape")
LARGEST_PX, LONGEST_SECONDS = 20_000, 10_000_000.0


def look_read(text: str) -> dict | None:
    """None where a page told nothing, or nothing that can be meant: no judgment is lost over it."""
    try:
        return look_checked(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def look_checked(told: Any) -> dict:
    """The same with what is known and nothing else. ValueError, KeyError, TypeError where it is something else."""
    return {
        **{side: _picture(told[side]) for side in SIDES},
        "in_view": round(_within(float(told["in_view"]), LONGEST_SECONDS), 1),
        "device": _among(told["device"], DEVICES),
        "orientation": _among(told["orientation"], ORIENTATIONS),
    }


def _picture(told: Any) -> dict:
    return {
        "picture": _among(told["picture"], PICTURES),
        **{name: round(_within(float(told[name]), LARGEST_PX)) for name in ("width", "height")},
        "enlarged": _among(told["enlarged"], (False, True)),
    }


def _among(value: Any, known: tuple) -> Any:
    if not any(value is each or (isinstance(value, str) and value == each) for each in known):
        raise ValueError(value)
    return value


def _within(number: float, most: float) -> float:
    if not 0 <= number <= most:
        raise ValueError(number)
    return number
