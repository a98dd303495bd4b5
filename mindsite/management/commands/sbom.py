"""What Mindsite is made of: a bill of materials (CycloneDX 1.6, JSON) of what is installed, or a list of licences."""

import json

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from mindsite.supply.materials import bill, materials


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--licences", action="store_true", help="name, version and licence, a line each")

    def handle(self, **options) -> None:
        found = materials((settings.BASE_DIR / "requirements.lock").read_text())
        if options["licences"]:
            for each in found:
                self.stdout.write(f"{each.name} {each.version}: {each.licence}")
            return
        self.stdout.write(json.dumps(bill(found), indent=1))
