"""Parquet in the layout of Hugging Face datasets: what COPY gives, in pieces of a few megabytes."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.exports.lines import csv_rows
from knowledge.exports.rows import COLUMNS, Rows

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_A_FILE = 500_000
BLOCK, BLOCKS_A_GROUP = 1024 * 1024, 8  # the parser takes many times the block that it is given
NUMBERS = {"id": "int64", "p_yes": "float64", "kept": "bool_", "human_plausible": "float64", "n_judgments": "int32"}


def parquet_write(rows: Rows, folder: Path, n: int) -> Iterator[tuple[Path, int]]:
    """`n` rows into as many files as they need; yields each file with its rows, when it is written."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - 60 MB of memory that no other export needs

    n_files = -(-n // ROWS_A_FILE)
    tables, left_over = _tables(rows), None
    for i in range(n_files):
        path, written = folder / f"train-{i:05d}-of-{n_files:05d}.parquet", 0
        with pq.ParquetWriter(path, _schema(), compression="zstd") as writer:
            while written < ROWS_A_FILE and (table := left_over or next(tables, None)) is not None:
                room = ROWS_A_FILE - written
                writer.write_table(table.slice(0, room))
                written += min(table.num_rows, room)
                left_over = table.slice(room) if table.num_rows > room else None
        yield path, written


def _tables(rows: Rows) -> Iterator["pa.Table"]:
    """A group of rows each. A reader of the stream would read it in a thread, and so by another connection."""
    import pyarrow as pa  # noqa: PLC0415

    blocks = _blocks(csv_rows(rows))
    while parsed := [_parsed(block) for block in islice(blocks, BLOCKS_A_GROUP)]:
        yield pa.concat_tables(parsed)


def _blocks(lines: Iterator[memoryview]) -> Iterator[bytes]:
    parts, size = [], 0
    for line in lines:
        parts.append(line)
        size += len(line)
        if size >= BLOCK:
            yield b"".join(parts)
            parts, size = [], 0
    if parts:
        yield b"".join(parts)


def _parsed(block: bytes) -> "pa.Table":
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, read_csv  # noqa: PLC0415

    return read_csv(
        pa.BufferReader(block),
        read_options=ReadOptions(column_names=list(COLUMNS), block_size=len(block) + 1, use_threads=False),
        parse_options=ParseOptions(newlines_in_values=True),
        # COPY puts quotation marks around an empty text, and none around what is not there.
        convert_options=ConvertOptions(
            column_types=_schema(), null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )


def _schema() -> "pa.Schema":
    import pyarrow as pa  # noqa: PLC0415

    return pa.schema([(name, getattr(pa, NUMBERS.get(name, "string"))()) for name in COLUMNS])
