"""Treat the catalog's pictures before a run needs it; --check measures what each treatment takes away instead."""

import json
from collections.abc import Iterator
from statistics import median

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError, CommandParser

from distillation.management.arguments import whole
from distillation.models import Picture, TreatedPicture
from distillation.runs.pictures import effects_by_treatment, picture_treat
from distillation.treatments import TREATED, Untreatable, parse_pictures, treat

MEASURED = 80


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--treatments", default=",".join(name.partition("@")[0] for name in TREATED))
        parser.add_argument(
            "--limit", type=whole(least=1), help=f"only so many pictures; with --check {MEASURED} unless given"
        )
        parser.add_argument("--check", action="store_true", help="measure what is taken away; nothing is written")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: object, **options) -> None:
        names = _names(options["treatments"])
        pictures = Picture.objects.filter(products__isnull=False).distinct().order_by("digest")
        if not pictures.exists():
            raise CommandError("The catalog has no pictures: import some with import_catalog --images DIR first")
        chosen = pictures[: options["limit"] or (MEASURED if options["check"] else None)]
        rows = list(_measured(chosen, names)) if options["check"] else _treated(chosen, names)
        if options["json"]:
            self.stdout.write(json.dumps(rows))
            return
        self.stdout.write(f"{'treatment':14}{'pictures':>9}{'texture':>9}{'outline':>9}{'colour':>8}  takes away; lost")
        for row in rows:
            self.stdout.write(_line(row))


def _names(given: str) -> list[str]:
    try:
        names = [parse_pictures(name.strip()) for name in given.split(",") if name.strip()]
    except ValueError as error:
        raise CommandError(str(error)) from error
    if other := [name for name in names if name not in TREATED]:
        raise CommandError(f"{', '.join(other)}: makes no new pictures, so there is nothing to treat")
    return names


def _measured(chosen, names: list[str]) -> Iterator[dict]:
    pictures = []
    for picture in chosen:
        with default_storage.open(picture.name) as file:
            pictures.append((picture.digest, file.read()))
    for name in names:
        effects: list[dict[str, float]] = []
        problems: dict[str, int] = {}
        for digest, jpeg in pictures:
            try:
                effects.append(treat(jpeg, name, digest).effects.as_dict())
            except Untreatable as error:
                why = str(error).partition(":")[0]
                problems[why] = problems.get(why, 0) + 1
        medians = {key: median(each[key] for each in effects) for key in effects[0]} if effects else {}
        yield {"treatment": name, "treated": len(effects), "medians": medians, "problems": problems}


def _treated(chosen, names: list[str]) -> list[dict]:
    for name in names:
        wanted = [TreatedPicture(source=picture, treatment=name) for picture in chosen]
        TreatedPicture.objects.bulk_create(wanted, ignore_conflicts=True, batch_size=1_000)
        while picture_treat(treatment=name):
            pass
    return [row for row in effects_by_treatment() if row["treatment"] in names]


def _line(row: dict) -> str:
    medians = "".join(
        f"{row['medians'][key]:{width}.2f}" if row["medians"] else " " * (width - 1) + "–"
        for key, width in (("texture", 9), ("outline", 9), ("colour", 8))
    )
    lost = ", ".join(f"{n} {why}" for why, n in row["problems"].items())
    return (
        f"{row['treatment']:14}{row['treated']:>9}{medians}  {TREATED[row['treatment']]}{'; lost: ' * bool(lost)}{lost}"
    )
