"""Simulated data with reference values; each value names what made it and its tolerance."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parents[1] / "data" / "inference"


def columns(name: str) -> dict[str, np.ndarray]:
    with (FOLDER / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {column: _numbers([row[column] for row in rows]) for column in rows[0]}


def references(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / "references" / f"{name}.json").read_text())


def _numbers(values: list[str]) -> np.ndarray:
    try:
        return np.array(values, dtype=float)
    except ValueError:
        return np.array(values)
