"""Writes a run's knowledge base into files, all of it from one snapshot."""

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import BinaryIO

from common.copying import refuse_unfit_for_excel
from common.drafts import file_draft, folder_draft, manifest_write, pieces_write
from common.refusals import ExportRefused
from common.snapshot import snapshot
from knowledge.exports import graph, lines
from knowledge.exports.card import dataset_card
from knowledge.exports.graphml import graphml
from knowledge.exports.manifest import file_entry, manifest
from knowledge.exports.parquet import parquet_write
from knowledge.exports.rows import Facts, Rows
from knowledge.exports.selection import Selection
from knowledge.exports.triples import ntriples

Pieces = Iterator[bytes | memoryview]
Describe = Callable[[list[dict]], dict[str, object]]
FOLDERS = ("parquet", "graph")


def stream_of(form: str, *, raw: bool = False, excel: str = "") -> Callable[[Rows], Pieces]:
    refuse_unfit_for_excel(excel, form=form, raw=raw)
    streams: dict[str, Callable[[Rows], Pieces]] = {
        "jsonl": lines.jsonl,
        "csv": partial(lines.csv, raw=raw, excel=excel),
        "ntriples": ntriples,
    }
    return streams[form]


def intentions_stream(*, selection: Selection, form: str, to: BinaryIO, raw: bool = False, excel: str = "") -> None:
    """To standard output, or into an answer; without a manifest, which has its place beside a file."""
    if form in FOLDERS:
        raise ExportRefused(f"--format {form} is a folder; give --output its path")
    with snapshot(), closing(Rows(selection)) as rows:
        _counted(rows)
        for piece in stream_of(form, raw=raw, excel=excel)(rows):
            to.write(piece)


def intentions_export(
    *, selection: Selection, form: str, output: Path, raw: bool = False, excel: str = ""
) -> dict[str, object]:
    """The manifest that is written beside the file, or into the folder."""
    refuse_unfit_for_excel(excel, form=form, raw=raw)
    with snapshot() as at, closing(Rows(selection)) as rows:
        facts = _counted(rows)
        describe = partial(manifest, selection, facts, form, at)
        if form not in FOLDERS:
            return _file(output, rows, stream_of(form, raw=raw, excel=excel)(rows), describe)
        with folder_draft(output) as folder:
            if form == "parquet":
                (folder / "README.md").write_text(dataset_card(selection, facts, at), encoding="utf-8")
                files = _parquet_files(folder, rows, facts)
            else:
                files = _graph_files(folder, rows, raw)
            made = describe(files)
            manifest_write(folder / "manifest.json", made)
    return made


def _file(output: Path, rows: Rows, pieces: Pieces, describe: Describe) -> dict[str, object]:
    with file_draft(output) as draft:
        pieces_write(draft, pieces)
        made = describe([file_entry(draft, output.name, rows.n_copied)])
        with file_draft(output.with_name(f"{output.name}.manifest.json")) as beside:
            manifest_write(beside, made)
    return made


def _parquet_files(folder: Path, rows: Rows, facts: Facts) -> list[dict]:
    (folder / "data").mkdir()
    written = parquet_write(rows, folder / "data", facts.intentions)
    return [file_entry(path, f"data/{path.name}", n) for path, n in written]


def _graph_files(folder: Path, rows: Rows, raw: bool) -> list[dict]:
    files = []
    written: dict[str, Pieces] = {
        "nodes.csv": graph.nodes(rows, raw=raw),
        "edges.csv": graph.edges(rows),
        "graph.graphml": graphml(rows),
    }
    for name, pieces in written.items():
        before = rows.n_copied
        pieces_write(folder / name, pieces)
        files.append(file_entry(folder / name, name, rows.n_copied - before))
    return files


def _counted(rows: Rows) -> Facts:
    facts = rows.facts()
    if not facts.intentions:
        name = rows.selection.run.name
        raise ExportRefused(f"Run {name} has no intention that these filters let through; ask for others")
    return facts
