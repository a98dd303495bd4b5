"""End what runs here of this installation: serve, web, worker and demo, and what killed ones have left behind."""

from django.core.management.base import BaseCommand, CommandError

from mindsite import embedded
from mindsite.supervision.instances import instances


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options) -> None:
        ended = []
        for instance in instances(embedded.VAR / "run"):
            try:
                ended += [what] if (what := instance.stop()) else []
            except (TimeoutError, PermissionError) as error:
                raise CommandError(f"{instance.role} can't be ended: {error}") from error
        embedded.stop_unused()
        self.stdout.write("\n".join(f"Ended {what}" for what in ended) or "Nothing ran here")
