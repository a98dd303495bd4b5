"""The whole path on the shipped sample, then the web server and a worker until Ctrl-C."""

import threading

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mindsite.demo import TO_RATE, demo_prepare
from mindsite.demo_check import START_TIMEOUT_S, PagesBroken, check_pages
from mindsite.embedded import VAR
from mindsite.serving import (
    HEAD_START_S,
    HOST,
    PORT,
    SITE,
    alone,
    free_port,
    processes,
    supervisor,
    wait_until_it_answers,
    web,
    worker,
)
from mindsite.supervision.instances import Instance
from mindsite.supervision.supervisor import Supervisor
from mindsite.workers import shown, worker_command

WELCOME = """
Mindsite is at {url} (Ctrl-C stops it). Users of this demo, on this machine only:

  anna  {anna}   annotator: rate intentions, keyboard first
  rosa  {rosa}   researcher: studies with live figures, runs
  ada   {ada}   administrator: the same, and people's accounts

Sign in as anna and rate “{study}”; as rosa, in another browser, see its figures move.
What web server and worker say is in {log} (--verbose: here).
"""


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=PORT)
        parser.add_argument("--once", action="store_true", help="end after checking that the pages answer")
        parser.add_argument(
            "--verbose", action="store_true", help="show what web server and worker say, as they say it"
        )

    def handle(self, **options) -> None:
        with alone(SITE, self.stdout.write) as instance:
            passwords = demo_prepare(say=self.stdout.write)
            self._serve(instance, passwords, **options)

    def _serve(self, instance: Instance, passwords: dict[str, str], **options) -> None:
        port = free_port(options["port"], say=self.stdout.write)
        log, url = None if options["verbose"] else VAR / "log", f"http://{HOST}:{port}"
        n = processes(self.stdout.write)
        both = web(port, workers=n), worker(instance, worker_command(concurrency=n), after=HEAD_START_S)
        site = supervisor(instance, *both, log=log, port=port, url=url)
        problems: list[str] = []
        if options["once"]:
            threading.Thread(target=self._check, args=(url, passwords, site, problems)).start()
        else:
            words = WELCOME.format(url=url, study=TO_RATE, log=shown(VAR / "log"), **passwords)
            # Once pages answer, so that nothing comes after it.
            threading.Thread(target=self._welcome, args=(port, words), daemon=True).start()
        site.run()
        if problems:
            raise CommandError(problems[0])

    def _welcome(self, port: int, words: str) -> None:
        wait_until_it_answers(port, seconds=START_TIMEOUT_S)
        self.stdout.write(words)
        self.stdout.flush()

    def _check(self, url: str, passwords: dict[str, str], site: Supervisor, problems: list[str]) -> None:
        try:
            for line in check_pages(url, passwords):
                self.stdout.write(line)
        except PagesBroken as error:
            problems.append(str(error))
        finally:
            site.end()
