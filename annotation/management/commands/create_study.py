"""Sample intentions of one or more runs and open a study for annotators to judge."""

import json

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation import scales
from annotation.services import STRATA, StudyRefused, study_create
from distillation.models import Run


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--run", action="append", required=True, metavar="NAME", help="may be given several times")
        parser.add_argument("--items", type=int, required=True, help="intentions to sample")
        parser.add_argument("--overlap", type=int, default=3, help="judgments wanted an item")
        parser.add_argument("--strata", default="", help=f"comma-separated: {', '.join(STRATA)}")
        parser.add_argument("--seed", type=int, default=0, help="the same seed draws the same sample")
        parser.add_argument("--preset", choices=list(scales.PRESETS), default="mind", help="the questions asked")
        parser.add_argument("--typicality-after-yes", action="store_true")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        runs = list(Run.objects.filter(name__in=options["run"]).order_by("pk"))
        if missing := set(options["run"]) - {run.name for run in runs}:
            raise CommandError(f"There is no run named {', '.join(sorted(missing))}; `distill --run NAME` makes one")
        try:
            study = study_create(
                name=options["name"],
                runs=runs,
                items=options["items"],
                overlap=options["overlap"],
                strata=[part.strip() for part in options["strata"].split(",") if part.strip()],
                seed=options["seed"],
                preset=options["preset"],
                typicality_after_yes=options["typicality_after_yes"],
            )
        except StudyRefused as error:
            raise CommandError(str(error)) from error
        summary = {"study": study.name, "id": study.pk, "items": options["items"], "overlap": study.overlap}
        words = f"The study {study.name} is open: {options['items']:,} items, {study.overlap} judgments each."
        self.stdout.write(json.dumps(summary) if options["json"] else words)
