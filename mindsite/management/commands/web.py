"""The web server alone, until Ctrl-C: workers run elsewhere, or by `manage.py worker`."""

from django.core.management.base import BaseCommand, CommandParser

from mindsite.serving import HOST, PORT, alone, chosen_port, supervisor, web
from mindsite.supervision.instances import role_of


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=PORT)
        parser.add_argument("--host", default=HOST, help="0.0.0.0 or :: for all addresses of this machine")
        parser.add_argument("--processes", type=int, default=2, help="one for each core is plenty")

    def handle(self, **options) -> None:
        host, port = options["host"], options["port"]
        with alone(role_of("web", port), self.stdout.write) as instance:
            chosen_port(port, instance, self.stdout.write, host=host)
            url = f"http://{host}:{port}"
            server = web(port, host=host, workers=options["processes"])
            self.stdout.write(f"Mindsite's pages are at {url} (Ctrl-C stops it)")
            supervisor(instance, server, port=port, url=url).run()
