"""Web server and one worker on this machine, until Ctrl-C."""

from django.core.management.base import BaseCommand, CommandParser

from mindsite.serving import HEAD_START_S, HOST, SITE, alone, chosen_port, processes, supervisor, web, worker
from mindsite.workers import worker_command


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = ()  # they load all pages, as the web server itself does a second later

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, help="without it the last time's, or one that is free from 8000 on")
        parser.add_argument("--host", default=HOST, help="0.0.0.0 or :: for all addresses of this machine")

    def handle(self, **options) -> None:
        host = options["host"]
        with alone(SITE, self.stdout.write) as instance:
            port = chosen_port(options["port"], instance, self.stdout.write, host=host)
            url = f"http://{host}:{port}"
            n = processes(self.stdout.write)
            both = web(port, host=host, workers=n), worker(instance, worker_command(concurrency=n), after=HEAD_START_S)
            self.stdout.write(f"Mindsite is at {url} (Ctrl-C stops it)")
            supervisor(instance, *both, port=port, url=url).run()
