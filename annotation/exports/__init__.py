"""Judgments out, streamed: the database writes the rows, we pass them on in large pieces."""

from annotation.exports.rows import FORMULA_START
from annotation.exports.streams import judgments_csv

__all__ = ["FORMULA_START", "judgments_csv"]
