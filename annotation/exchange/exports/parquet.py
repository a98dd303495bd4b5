"""Parquet written from the output of COPY, with a row group for each block of lines."""

import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_WHOLE = (
    "item", "intention_id", "left_intention_id", "right_intention_id", "plausibility", "typicality", "study_version",
    "revision", "bought_year", "bought_month",
)  # fmt: skip
_REAL = ("p_yes", "strictness", "seconds", "active_seconds", "seconds_in_view", "inclusion_probability")
_TRUTH = ("counts", "simulated", "after_reveal", "sent_back")
_TIME = ("judged_at", "audited_at", "revised_at")


class _Drain(io.BytesIO):
    """A file for the Parquet writer from which what it has written is taken piece by piece."""

    def taken(self) -> bytes:
        piece = self.getvalue()
        self.seek(0)
        self.truncate()
        return piece


def parquet(columns: list[str], blocks: Iterable[bytes]) -> Iterator[bytes]:
    import pyarrow as pa  # noqa: PLC0415 - 60 MB of memory that no other format needs
    import pyarrow.parquet as pq  # noqa: PLC0415

    schema, drain = _schema(columns), _Drain()
    # Arrow asks the file where it is; the drain, emptied now and then, does not know.
    with pq.ParquetWriter(pa.PythonFile(drain, mode="w"), schema, compression="zstd") as writer:
        for block in blocks:
            writer.write_table(_parsed(block, schema))
            yield drain.taken()
    yield drain.taken()


def _parsed(block: bytes, schema: "pa.Schema") -> "pa.Table":
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, read_csv  # noqa: PLC0415

    return read_csv(
        pa.BufferReader(block),
        read_options=ReadOptions(column_names=schema.names, block_size=len(block) + 1, use_threads=False),
        parse_options=ParseOptions(newlines_in_values=True),
        # COPY puts quotation marks around an empty text, and none around what is not there.
        convert_options=ConvertOptions(
            column_types=schema,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    )


def _schema(columns: list[str]) -> "pa.Schema":
    import pyarrow as pa  # noqa: PLC0415

    types = {
        **dict.fromkeys(_WHOLE, pa.int64()),
        **dict.fromkeys(_REAL, pa.float64()),
        **dict.fromkeys(_TRUTH, pa.bool_()),
        **dict.fromkeys(_TIME, pa.timestamp("us", "UTC")),
    }
    return pa.schema([(name, types.get(name, pa.string())) for name in columns])
