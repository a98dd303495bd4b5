"""Write a run's knowledge base, with what people said of it: JSON lines, CSV, Parquet, N-Triples or a graph."""

import json
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Deed
from accounts.trail import deed_record
from common.copying import EXCEL
from common.refusals import ExportRefused
from distillation.management.selecting import selection_add, selection_asked
from knowledge.exports.exporting import intentions_export, intentions_stream
from knowledge.exports.selection import FORMATS, HUMAN, Selection


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run")
        parser.add_argument("--format", choices=FORMATS, default="jsonl")
        parser.add_argument(
            "--output",
            required=True,
            metavar="PATH",
            help="file, or folder for parquet and graph; - is standard output",
        )
        parser.add_argument("--kept", action="store_true", help="only what the filter kept")
        parser.add_argument(
            "--drawn", action="store_true", help="as many as are kept, drawn by chance: the control of a filtered set"
        )
        parser.add_argument(
            "--threshold", type=float, metavar="X", help="kept from this p_yes on (the run's strictness)"
        )
        parser.add_argument(
            "--human", choices=HUMAN, default="", help="only what most people found so, or that was judged"
        )
        parser.add_argument("--relation", default="", metavar="A,B", help="only these relations, or a preset")
        selection_add(parser, otherwise="all of the run's")
        parser.add_argument(
            "--raw", action="store_true", help="CSV for machines: leave cells that a spreadsheet would run as they are"
        )
        parser.add_argument(
            "--excel",
            nargs="?",
            choices=EXCEL,
            const="comma",
            default="",
            help="CSV that Excel knows for UTF-8; semicolon: for one set up with commas in numbers",
        )
        parser.add_argument("--json", action="store_true", help="print the manifest")

    def handle(self, **options: Any) -> None:
        try:
            self._export(options)
        except ExportRefused as error:
            raise CommandError(str(error)) from error

    def _export(self, options: dict[str, Any]) -> None:
        chosen = {name: options[name] for name in ("run", "threshold", "relation", "kept", "drawn", "human")}
        asked = {
            "selection": Selection.checked(**chosen, catalog=selection_asked(options)),
            "form": options["format"],
            "raw": options["raw"],
            "excel": options["excel"] or "",
        }
        deed_record(kind=Deed.Kind.EXPORT, by=None, about=options["run"], what="intentions", format=options["format"])
        if options["output"] == "-":
            if options["json"]:
                raise ExportRefused("--json and --output - both write to standard output; give --output a file")
            _stream(asked)
            return
        made = intentions_export(**asked, output=Path(options["output"]))
        self.stdout.write(json.dumps(made, ensure_ascii=False) if options["json"] else _told(made, options["output"]))


def _stream(asked: dict[str, Any]) -> None:
    try:
        intentions_stream(**asked, to=sys.stdout.buffer)
        sys.stdout.flush()
    except BrokenPipeError:  # who reads has enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _told(made: dict[str, Any], output: str) -> str:
    counts, size = made["counts"], sum(file["bytes"] for file in made["files"])
    held = f"{counts['intentions']:,} intentions, {counts['kept']:,} kept, {counts['judged']:,} judged by people"
    return f"{output}: {held}; {len(made['files'])} file{'s' * (len(made['files']) > 1)}, {size / 1e6:,.1f} MB"
