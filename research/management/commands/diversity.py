"""How varied a run's intentions are: near-duplicates, distinct n-grams, self-BLEU, Vendi score, relations, openings."""

import json

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common.refusals import Refused
from common.words import percent
from distillation.management.control import run_named
from distillation.models import Run
from research.diversity.embedding import embedding_check
from research.diversity.services import diversity_ask, diversity_claim, diversity_compute
from research.models import Diversity


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run")
        parser.add_argument("--embed", type=int, default=0, help="vectors of so many intentions (an extra)")
        parser.add_argument("--json", action="store_true", help="all figures on standard output")

    def handle(self, **options) -> None:
        run = run_named(options["run"])
        try:
            if options["embed"]:
                embedding_check()
            diversity_ask(run=run, embed=options["embed"])
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        claimed = diversity_claim(run_id=run.pk)
        if claimed is None:
            raise CommandError(f"A worker computes the diversity of {run.name} now; its page shows how far it is")
        diversity_compute(claimed=claimed, say=self.stderr.write if self.stderr.isatty() else lambda words: None)
        figures = Diversity.objects.get(run=run).figures
        self.stdout.write(json.dumps(figures) if options["json"] else _words(run, figures))


def _words(run: Run, figures: dict) -> str:
    found, n = figures["duplicates"], figures["n"]
    lines = [
        f"{run.name}: {n:,} intentions of {figures['cobuys']:,} co-buys",
        f"near-duplicates {found['n_near']:,} ({percent(found['n_near'] / n)}), of these exact {found['n_exact']:,}",
        f"length {figures['length']['mean']:.1f} words",
    ]
    for row in figures["draws"]:
        if row["draws"]:
            shown = ", ".join(f"{name} {_estimate(row[name])}" for name in row if name not in ("scope", "n", "draws"))
            lines.append(f"{row['n']} of one {row['scope']}: {shown}")
    return "\n".join(lines)


def _estimate(estimate: dict) -> str:
    return "–" if estimate["value"] is None else f"{estimate['value']:.3f}"
