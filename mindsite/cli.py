"""The command line: starts services that a command needs, or says in one line why they can't be had."""

import gc
import importlib
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command, execute_from_command_line
from django.db.utils import OperationalError, ProgrammingError
from kombu.exceptions import OperationalError as BrokerError

from mindsite import embedded

WITHOUT_SERVICES = {
    "help",
    "version",
    "check",
    "collectstatic",
    "makemessages",
    "compilemessages",
    "move",
    "sbom",
    "stop",
}
AGREEMENT = "agreement"
WITH_BROKER = {"demo", "distill", "import_catalog", "resume_run", "retry_failed", "serve", "web", "worker"}


def main(argv: list[str]) -> int:
    signal.signal(signal.SIGTERM, _end)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:  # else it is run by nohup
        signal.signal(signal.SIGHUP, _end)
    try:
        return _run(argv)
    except (embedded.ServiceError, ImproperlyConfigured) as error:
        return _refuse(str(error))
    except BrokerError as error:
        return _refuse(f"The broker can't be reached ({error}); check CELERY_BROKER_URL")
    except OperationalError as error:
        return _refuse(f"The database can't be reached ({_first_line(error)}); check DATABASE_URL")
    except ProgrammingError as error:
        if not isinstance(error.__cause__, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
            raise
        return _refuse(f"The database is behind the code ({_first_line(error)}); run `manage.py migrate`")
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _end(number: int, _: object) -> None:
    """SIGTERM as an exception, so that whatever a command has started is stopped; a second one waits for that."""
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda *_: None)
    sys.exit(128 + number)


def _run(argv: list[str]) -> int:
    command = argv[1] if len(argv) > 1 else "help"
    _read_settings()
    if command == AGREEMENT:
        return _agreement(argv)
    if command in WITHOUT_SERVICES or {"-h", "--help", "--version"} & set(argv):
        execute_from_command_line(argv)
        return 0
    beside = ThreadPoolExecutor(1)
    loaded = beside.submit(_load)  # takes a second, as the services do
    beside.shutdown(wait=False)
    with embedded.services(broker=command in WITH_BROKER):
        loaded.result()
        _check_database()
        if not os.environ.get("DATABASE_URL") and command not in ("migrate", "makemigrations", "restore"):
            bring_up_to_date()
        execute_from_command_line(argv)
    return 0


def _agreement(argv: list[str]) -> int:
    """It needs no models, and to set Django up would take as long as to read 300,000 lines."""
    from annotation.management.commands.agreement import Command  # noqa: PLC0415 - numpy is not for every command

    Command().run_from_argv(argv)
    return 0


def _read_settings() -> None:
    """Django would go on without them for some commands, and show a traceback for the others."""
    try:
        importlib.import_module(os.environ["DJANGO_SETTINGS_MODULE"])
    except (ValueError, OSError) as error:
        raise ImproperlyConfigured(f"A setting can't be read ({error}); check the environment and .env") from error


def _load() -> None:
    import django  # noqa: PLC0415 - settings may refuse, and main() words that

    gc.disable()  # nothing of what is loaded is garbage, and to look for it takes a tenth of the start
    django.setup()
    gc.freeze()
    gc.enable()


def _check_database() -> None:
    """The pool would try for ten seconds and then not say why."""
    from django.db import connection  # noqa: PLC0415 - settings may refuse, and main() words that

    try:
        psycopg.connect(**{**connection.get_connection_params(), "connect_timeout": 5}).close()
    except psycopg.OperationalError as error:
        raise OperationalError(str(error)) from error


def bring_up_to_date() -> None:
    """The embedded database belongs to this checkout, so its tables follow the code."""
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        print("Bringing the embedded database up to date …", file=sys.stderr)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext('migrate'))")
            call_command("migrate", verbosity=0)
            cursor.execute("SELECT pg_advisory_unlock(hashtext('migrate'))")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0]


def _refuse(line: str) -> int:
    print(line, file=sys.stderr)
    return 1
