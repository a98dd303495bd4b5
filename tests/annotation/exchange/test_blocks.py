"""Rows of a file are read in blocks, by columns."""

from collections.abc import Iterator

import pytest

from annotation.exchange.files import blocks
from annotation.exchange.files.blocks import Block, blocks_of, gathered, rows_of


def test_a_block_ends_where_the_columns_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "SIZE", 3)
    rows = [(1, {"a": 1}), (2, {"a": 2}), (4, {"a": 3, "b": 4}), (5, {"b": 6, "a": 5}), (6, {"a": 7})]
    found = list(blocks_of(rows))
    assert found == [
        Block((1, 2), {"a": [1, 2]}), Block((4,), {"a": [3], "b": [4]}), Block((5,), {"b": [6], "a": [5]}),
        Block((6,), {"a": [7]}),
    ]  # fmt: skip
    assert list(rows_of(found)) == rows


def test_rows_before_an_error_come_first() -> None:
    def cut_short() -> Iterator[tuple[int, str]]:
        yield 1, "first"
        raise ValueError("cut short")

    read = gathered(cut_short())
    assert next(read) == ([1], ["first"])
    with pytest.raises(ValueError, match="cut short"):
        next(read)
