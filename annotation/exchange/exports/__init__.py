"""Judgments out, streamed: the database writes the rows, we pass them on in large pieces."""

from annotation.exchange.exports.rows import FORMULA_START
from annotation.exchange.exports.streams import judgments_csv

__all__ = ["FORMULA_START", "judgments_csv"]
