"""Write a study's judgments as CSV, one row each."""

import os
import sys
import tempfile
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.exports import judgments_csv
from annotation.models import Study


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study")
        parser.add_argument("--output", type=Path, help="default: standard output")

    def handle(self, **options) -> None:
        study = Study.objects.filter(name=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study named {options['study']}")
        if options["output"] is None:
            for piece in judgments_csv(study):
                sys.stdout.buffer.write(piece)
            return
        try:
            self._write(study, options["output"])
        except OSError as error:
            raise CommandError(f"{options['output']} can't be written ({error.strerror})") from error

    def _write(self, study: Study, output: Path) -> None:
        """Beside it first, then renamed: the file is whole or not there."""
        with tempfile.NamedTemporaryFile(dir=output.parent, delete=False) as draft:
            try:
                for piece in judgments_csv(study):
                    draft.write(piece)
                draft.flush()
                os.replace(draft.name, output)
            except BaseException:
                os.unlink(draft.name)
                raise
        output.chmod(0o644)
