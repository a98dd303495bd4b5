"""Exports of judgments as streams: the database writes the rows, we pass them on in large pieces."""
