"""Sharing the servers between processes: file locks count the holders, for a killed process lets go of its locks."""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mindsite.embedded.layout import Account, ServiceError, ServicesFolder, private_directory

from .servers import Postgres, Server, Valkey


@contextmanager
def hold(place: ServicesFolder, *, database: bool, broker: bool, say: Callable[[str], None]) -> Iterator[None]:
    """Start what is wanted and doesn't run; whoever leaves last stops whatever runs here.

    Starting and stopping exclude each other (start.lock), so whoever enters while another leaves either keeps
    the servers up by its share of holders.lock or finds them stopped and starts them.
    """
    postgres, valkey = Postgres(place), Valkey(place)
    wanted = _wanted(place, database=database, broker=broker)
    if not wanted:
        yield
        return
    if not Path("/proc/self/cmdline").exists():
        raise ServiceError("The embedded services need Linux: set DATABASE_URL and CELERY_BROKER_URL")
    with _one_line(place):
        account = Account.for_servers()
        place.prepare()
        holder = _open(place.run / "holders.lock")
    try:
        with _one_line(place), _alone(place):
            fcntl.flock(holder, fcntl.LOCK_SH)
            private_directory(place.sockets, account)
            for server in wanted:
                server.start(account, say)
        yield
    finally:
        with _one_line(place), _alone(place):
            _leave(holder, place, (valkey, postgres), say)


def mend(place: ServicesFolder, *, database: bool, broker: bool, say: Callable[[str], None]) -> None:
    """Start what its holder has found ended. For a process that holds them."""
    for server in _wanted(place, database=database, broker=broker):
        if server.main_process() is None:
            with _one_line(place), _alone(place):
                if server.main_process() is None and (place.run / "holders.lock").exists():
                    say(f"Embedded {server.name} has ended; starting it again (see {server.log})")
                    server.start(Account.for_servers(), say)


def stop_unused(place: ServicesFolder, say: Callable[[str], None]) -> None:
    """What runs here though nobody holds it: its holder was killed."""
    if (place.run / "holders.lock").exists():
        with _one_line(place), _alone(place):
            _leave(_open(place.run / "holders.lock"), place, (Valkey(place), Postgres(place)), say)


def _wanted(place: ServicesFolder, *, database: bool, broker: bool) -> list[Server]:
    both = ((Postgres(place), database), (Valkey(place), broker))
    return [server for server, is_wanted in both if is_wanted]


def _leave(holder: int, place: ServicesFolder, servers: Sequence[Server], say: Callable[[str], None]) -> None:
    try:
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for server in servers:
            server.stop(say)
        place.clear()
    except BlockingIOError:
        pass  # somebody else still holds them
    finally:
        _close(holder)


@contextmanager
def _alone(place: ServicesFolder) -> Iterator[None]:
    lock = _open(place.run / "start.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        _close(lock)


def _open(path: Path) -> int:
    # os.open marks it close-on-exec: no server or command inherits a lock, or nobody would ever be last.
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def _close(lock: int) -> None:
    fcntl.flock(lock, fcntl.LOCK_UN)  # a forked child may hold a copy, which closing ours would leave locked
    os.close(lock)


@contextmanager
def _one_line(place: ServicesFolder) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ServiceError(
            f"{error.filename or place.var}: {error.strerror or error}: the embedded services can't keep their files "
            "there: mend that, or set MINDSITE_VAR to another directory"
        ) from error
