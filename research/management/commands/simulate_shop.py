"""Rehearse an experiment in a shop: made-up visitors are assigned, shown an arm and buy, a day after another."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.refusals import Refused
from distillation.management.arguments import whole
from research.online.page import online_page
from research.online.results import online_results
from research.online.simulating import Shop, shop_simulate


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--units", type=int, default=5_000)
        parser.add_argument("--days", type=int, default=30, help="until yesterday, the windows over (30)")
        parser.add_argument("--rate", type=float, default=0.05, help="share of the control's units that buy")
        parser.add_argument("--lift", type=float, default=0.1, help="of the other arm; 0: no effect")
        parser.add_argument("--lost", type=float, default=0.0, help="share of the other arm's exposures that get lost")
        parser.add_argument("--seed", type=whole(least=0), default=1)
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        given = {name: options[name] for name in ("units", "days", "rate", "lift", "lost", "seed")}
        try:
            results = online_results(shop_simulate(name=options["name"], shop=Shop(**given)))
        except Refused as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(results.as_dict(), default=str))
            return
        page = online_page(results)
        for row in page["lifts"]:
            told = f"{row['value']} ({row['sequence']} at any look)" if "value" in row else row["reason"]
            self.stdout.write(f"{row['arm'].name}, {row['metric']}: {told}")
        self.stdout.write("\n".join(["Simulated.", page["ratio"], *page["said"]]))
