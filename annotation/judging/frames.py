"""What each judgment shows in a swap: rendered by the page's templates once for each study as it stands, each language
and each shape, then only filled in. Rendered anew each time it took two fifths of what a judgment costs."""

import re
import secrets
from html import escape
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_language

from annotation.models import Study

TASK = "judge/_task.html"
STATES = ("item", "reveal")
MOST = 2_000  # frames of some 6 KB
# What differs from item to item and stands in the page as it is; templates may ask whether it is there, and no more.
_OF_ITEM = ("id", "asin", "title", "picture_url", "relation_words", "intention", "left", "right", "submission")
_OF_REVEAL = ("judgment", "comment", "label", "value", "reason", "revise")
_FILLED = frozenset((*_OF_ITEM, *_OF_REVEAL, "ticket", "back", "done", "next", "total", "percent", "seconds_each"))
_RARE = ("error", "values", "changes", "check")
_OF_STUDY = frozenset(("study", "questions", "reasons"))  # the same as long as the study's row is

_MARK = secrets.token_hex(8)  # not to be met in anybody's text
_SLOT = re.compile(f"\ue000{_MARK}(\\d+)\ue001")
_Frame = list[str | int]  # what stands there, and the places of what is filled in
_frames: dict[tuple, _Frame] = {}


def task_filled(shown: dict) -> str | None:
    """The part between header and footer; None where it is not what each judgment shows, or says more than that. Its
    forms have no token of their own: HTMX sends that of the page, and without HTMX there are whole pages only."""
    study: Study = shown["study"]
    if shown["state"] not in STATES or any(map(shown.get, _RARE)) or not study.row or settings.DEBUG:
        return None
    context = {**shown, "oob": True}
    shape, values = _taken_apart(context)
    key = (study.pk, study.row, get_language(), *shape)
    frame = _frames.get(key)
    if frame is None:
        if len(_frames) >= MOST:
            _frames.clear()
        frame = _frames[key] = _rendered(context)
    return "".join([escape(str(values[part])) if isinstance(part, int) else part for part in frame])


def _taken_apart(context: dict) -> tuple[list, list]:
    shape: list[Any] = []
    values: list[Any] = []
    _take_apart(context, shape, values)
    return shape, values


def _take_apart(node: dict, shape: list, values: list) -> None:
    for name, value in node.items():
        if name in _OF_STUDY:
            continue
        if isinstance(value, dict):
            shape.append(len(value))
            _take_apart(value, shape, values)
        elif isinstance(value, list):
            shape.append(len(value))
            for each in value:
                _take_apart(each, shape, values)
        elif _is_filled(name, value):
            shape.append(name)
            values.append(value)
        else:
            shape.append((name, value))


def _is_filled(name: str, value: Any) -> bool:
    return name in _FILLED and value is not None and value != ""


def _rendered(context: dict) -> _Frame:
    slots = iter(range(10_000))
    text = render_to_string(TASK, _with_slots(context, slots))
    return [int(part) if place % 2 else part for place, part in enumerate(_SLOT.split(text))]


def _with_slots(node: dict, slots: Any) -> dict:
    """The same with a slot for each value, counted as they are taken apart."""
    made: dict[str, Any] = {}
    for name, value in node.items():
        if name in _OF_STUDY:
            made[name] = value
        elif isinstance(value, dict):
            made[name] = _with_slots(value, slots)
        elif isinstance(value, list):
            made[name] = [_with_slots(each, slots) for each in value]
        else:
            made[name] = f"\ue000{_MARK}{next(slots)}\ue001" if _is_filled(name, value) else value
    return made
