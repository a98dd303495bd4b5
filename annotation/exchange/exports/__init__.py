"""Judgments out, streamed: the database writes the rows, we pass them on in large pieces."""
