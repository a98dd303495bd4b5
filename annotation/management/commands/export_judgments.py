"""Write a study's judgments: CSV, JSON lines, Parquet or Label Studio JSON, with a manifest beside the file."""

import json
import sys
from pathlib import Path

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Deed
from accounts.trail import deed_record
from annotation.design.versions import VersionsRefused, versions_of
from annotation.exchange.exports.options import FORMATS, Options, imports_chosen
from annotation.exchange.exports.recording import configuration, export_start, has_configuration, manifest
from annotation.exchange.exports.skips import skips_csv
from annotation.models import Study
from annotation.selection import Selection
from common.copying import EXCEL
from common.drafts import file_draft, manifest_write, pieces_write
from common.refusals import ExportRefused
from distillation.management.arguments import day


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study")
        parser.add_argument("--output", type=Path, metavar="FILE", help="default: standard output, without a manifest")
        parser.add_argument("--format", choices=FORMATS, default="csv")
        parser.add_argument("--revisions", action="store_true", help="a row for each change of ratings, the first too")
        parser.add_argument(
            "--machine", action="store_true", help="CSV with cells as they are, also what a spreadsheet would run"
        )
        parser.add_argument(
            "--excel",
            nargs="?",
            choices=EXCEL,
            const="comma",
            default="",
            help="CSV that Excel knows for UTF-8; semicolon: for one set up with commas in numbers",
        )
        parser.add_argument(
            "--skips", action="store_true", help="the items that were skipped and why, as CSV, instead of judgments"
        )
        filters = parser.add_argument_group("filters")
        filters.add_argument("--relation", default="")
        filters.add_argument("--category", default="")
        filters.add_argument("--run", metavar="NAME")
        filters.add_argument("--group", metavar="NAME", help="of annotators")
        filters.add_argument("--imports", default="", metavar="1,2", help="on co-buys that these imports brought")
        filters.add_argument("--since", type=day, metavar="DAY", help="2026-01-31; the day is within")
        filters.add_argument("--until", type=day, metavar="DAY")
        filters.add_argument("--study-version", default="", metavar="1,3-5", help="of the protocol that was answered")
        filters.add_argument(
            "--with-seen", action="store_true", help="let the column counts count people too who had seen verdicts"
        )
        filters.add_argument(
            "--with-excluded", action="store_true", help="let the column counts count excluded annotators too"
        )
        parser.add_argument("--json", action="store_true", help="print the manifest")

    def handle(self, **options) -> None:
        study = Study.objects.filter(name=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study named {options['study']}")
        if options["json"] and options["output"] is None:
            raise CommandError("--json and the judgments both go to standard output; give --output a file")
        try:
            if options["skips"]:
                self._export_skips(study, options["output"])
                return
            self._export(study, _asked(study, options), options)
        except (ExportRefused, VersionsRefused) as error:
            raise CommandError(str(error)) from error

    def _export(self, study: Study, asked: Options, options: dict) -> None:
        record, pieces = export_start(study=study, options=asked)
        output = options["output"]
        if output is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            return
        beside = output.with_name(f"{output.name}.manifest.json")
        with file_draft(beside) as manifest_draft, file_draft(output) as draft:
            pieces_write(draft, pieces)
            manifest_write(manifest_draft, manifest(record))
        told = f"{output}: {record.rows:,} rows; {beside.name} says what they are"
        if has_configuration(record):
            to_paste = output.with_name(f"{output.stem}-config.xml")
            with file_draft(to_paste) as draft:
                draft.write_text(configuration(record), encoding="utf-8")
            told += f"; {to_paste.name} is the labelling configuration to paste into Label Studio's project"
        self.stdout.write(json.dumps(manifest(record), ensure_ascii=False) if options["json"] else told)

    def _export_skips(self, study: Study, output: Path | None) -> None:
        deed_record(kind=Deed.Kind.EXPORT, by=None, about=study.name, what="skips", format="csv")
        if output is None:
            for piece in skips_csv(study):
                sys.stdout.buffer.write(piece)
            return
        with file_draft(output) as draft:
            pieces_write(draft, skips_csv(study))
        self.stdout.write(f"{output}: the skips of {study.name}")


def _asked(study: Study, options: dict) -> Options:
    as_given = {
        name: options[name] for name in ("relation", "category", "since", "until", "with_excluded", "with_seen")
    }
    run, group = _named(study.runs, options["run"]), _named(Group.objects, options["group"])
    asked = Options(
        format=options["format"],
        revisions=options["revisions"],
        machine=options["machine"],
        excel=options["excel"] or "",
        selection=Selection(
            **as_given,
            run=run,
            group=group,
            imports=imports_chosen(options["imports"]),
            version=versions_of(study, options["study_version"]),
        ),
    )
    asked.refuse_unfit(study)
    return asked


def _named(among, name: str | None) -> int | None:
    if name is None:
        return None
    found = among.filter(name=name).first()
    if found is None:
        raise ExportRefused(f"There is no {among.model._meta.verbose_name} named {name} for this study")
    return found.pk
