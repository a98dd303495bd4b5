"""The numbers within dataclasses, lists and dictionaries, each by its name, so that two figures can be compared."""

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import numpy as np

TOLERANCE = 1e-12


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, object]]:
    """Of a dataclass the fields that make it equal to another; texts and what isn't defined are no numbers."""
    if (names := _compared(type(value))) is not None:  # type: ignore[arg-type]  # a class is hashable
        value = {each: getattr(value, each) for each in names}
    elif isinstance(value, list | tuple | np.ndarray):
        value = dict(enumerate(value.tolist() if isinstance(value, np.ndarray) else value))
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, f"{name}.{key}" if name else str(key))
    elif not isinstance(value, str) and not (isinstance(value, float) and math.isnan(value)):
        yield name, value


@cache
def _compared(kind: type) -> list[str] | None:
    return [each.name for each in fields(kind) if each.compare] if is_dataclass(kind) else None


def alike(one: object, other: object) -> bool:
    """To the last digits that the order of a sum leaves."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return one == other
