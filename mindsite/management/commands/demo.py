"""The whole path on the shipped sample, then the web server and a worker until Ctrl-C."""

import threading

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mindsite.demo import TO_RATE, demo_prepare
from mindsite.demo_check import PagesBroken, check_pages
from mindsite.serving import HOST, NoPort, ended_by_itself, free_port, processes

WELCOME = """
Mindsite is at {url} (Ctrl-C stops it). Users of this demo, on this machine only:

  anna  {anna}   annotator: rate intentions, keyboard first
  rosa  {rosa}   researcher: studies with live figures, runs
  ada   {ada}   administrator: the same, and people's accounts

Sign in as anna and rate “{study}”; as rosa, in another browser, see its figures move.
"""


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--once", action="store_true", help="end after checking that the pages answer")

    def handle(self, **options) -> None:
        passwords = demo_prepare(say=self.stdout.write)
        try:
            port = free_port(options["port"], say=self.stdout.write)
        except NoPort as error:
            raise CommandError(str(error)) from error
        manager, url = processes(port), f"http://{HOST}:{port}"
        problems: list[str] = []
        if options["once"]:
            check = threading.Thread(target=self._check, args=(url, passwords, manager, problems))
            check.start()
        else:
            self.stdout.write(WELCOME.format(url=url, study=TO_RATE, **passwords))
        manager.loop()
        if problems:
            raise CommandError(problems[0])
        if ended_by_itself(manager) and not options["once"]:
            raise CommandError("The web server or the worker ended by itself; its last lines are above")

    def _check(self, url: str, passwords: dict[str, str], manager, problems: list[str]) -> None:
        try:
            for line in check_pages(url, passwords):
                self.stdout.write(line)
        except PagesBroken as error:
            problems.append(str(error))
        finally:
            manager.terminate()
