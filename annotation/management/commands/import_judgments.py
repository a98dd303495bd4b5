"""Read judgments into a study of the same items: exported by Mindsite, or by Label Studio from tasks of ours."""

import json
from dataclasses import asdict
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.exchange.exports.options import FORMATS
from annotation.exchange.files.cells import ImportRefused
from annotation.exchange.importing import Imported, judgments_import
from annotation.models import Study


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study")
        parser.add_argument("file", type=Path, help="packed by gzip or not")
        parser.add_argument("--format", choices=["auto", *FORMATS], default="auto", help="auto: by how the file begins")
        parser.add_argument("--machine", action="store_true", help="a CSV that was exported with --machine")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        study = Study.objects.filter(name=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study named {options['study']}")
        path = options["file"]
        try:
            done = judgments_import(study=study, path=path, form=options["format"], machine=options["machine"])
        except ImportRefused as refusal:
            raise CommandError(f"{path}: {refusal}. Nothing was imported") from refusal
        except (OSError, ValueError) as error:  # a value error: a NUL in the path
            why = getattr(error, "strerror", None) or error
            raise CommandError(f"{path} can't be read ({why}). Nothing was imported") from error
        self.stdout.write(json.dumps(asdict(done)) if options["json"] else _told(done))


def _told(done: Imported) -> str:
    told = (
        f"{done.judgments:,} judgments by {done.annotators:,} annotators are in study {done.study}; items were matched "
        f"by {done.matched_by}. {done.annotators_made:,} annotators are new here, {done.annotators_excluded:,} of them "
        "excluded; nobody can sign in as one of them."
    )
    if done.items_weighted_otherwise:
        told += (
            f"\n{done.items_weighted_otherwise:,} items have another inclusion probability here than in the file: the "
            "figures weigh them as this study drew them."
        )
    return told
