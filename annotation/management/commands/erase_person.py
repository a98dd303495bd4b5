"""Erase a person on request: names, ids, links and tokens. Judgments are kept under a fresh pseudonym, or removed."""

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.services import PeopleRefused
from annotation.desk.erasing import CHOICES, KEEP, comments_of, person_erase


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--judgments", choices=CHOICES, required=True)
        parser.add_argument("--comments", choices=CHOICES, help="needed where there are any: read them first")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError("There is nobody of this user name; look for it under People")
        asked = {name: options[name] for name in ("judgments", "comments")}
        if asked["judgments"] == KEEP and not asked["comments"] and (said := comments_of(person)):
            for each in said:
                self.stderr.write(f"{each.study}, item {each.item}: {each.comment}")
            raise CommandError(
                f"There are {len(said):,} comments, above: people name themselves in such. Nothing was erased; "
                "say --comments keep or --comments remove"
            )
        try:
            erased = person_erase(person=person, by=None, **{**asked, "comments": asked["comments"] or "remove"})
        except PeopleRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        told = {"judgments": erased.judgments, "studies": erased.studies, "comments_removed": erased.comments}
        what = "kept under a fresh pseudonym" if asked["judgments"] == KEEP else "removed"
        words = f"Erased. {erased.judgments:,} judgments in {erased.studies} studies are {what}"
        self.stdout.write(json.dumps(told) if options["json"] else words)
