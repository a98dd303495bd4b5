"""Web server and one worker on this machine, until Ctrl-C."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mindsite.serving import HOST, NoPort, ended_by_itself, free_port, processes


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, **options) -> None:
        try:
            port = free_port(options["port"], say=self.stdout.write)
        except NoPort as error:
            raise CommandError(str(error)) from error
        manager = processes(port)
        self.stdout.write(f"Mindsite is at http://{HOST}:{port} (Ctrl-C stops it)")
        manager.loop()
        if ended_by_itself(manager):
            raise CommandError("The web server or the worker ended by itself; its last lines are above")
