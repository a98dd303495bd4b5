"""PostgreSQL and Valkey for one machine: started by whoever needs them first, stopped by whoever leaves last."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from mindsite.embedded import sharing
from mindsite.embedded.layout import ServiceError, ServicesFolder

from .servers import Postgres, Valkey

__all__ = [
    "VAR",
    "ServiceError",
    "ServicesFolder",
    "broker_url",
    "database_settings",
    "mend",
    "runs",
    "services",
    "stop_unused",
]

BASE = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("MINDSITE_VAR") or BASE / "var").resolve()


def database_settings() -> dict[str, str]:
    return Postgres(ServicesFolder(VAR)).settings


def broker_url(db: int = 0) -> str:
    return f"redis+socket://{quote(str(Valkey(ServicesFolder(VAR)).socket))}?virtual_host={db}"


def to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@contextmanager
def services(*, database: bool = True, broker: bool = True, say: Callable[[str], None] = to_stderr) -> Iterator[None]:
    """Keep the embedded servers running inside the block, save those that the environment points elsewhere."""
    with sharing.hold(ServicesFolder(VAR), **_of_this_machine(database=database, broker=broker), say=say):
        yield


def mend(say: Callable[[str], None]) -> None:
    """Start those again that have ended, for a process inside `services`."""
    sharing.mend(ServicesFolder(VAR), **_of_this_machine(database=True, broker=True), say=say)


def runs() -> bool:
    """Whether a server of this place does."""
    return any(server(ServicesFolder(VAR)).running() for server in (Postgres, Valkey))


def stop_unused(say: Callable[[str], None] = to_stderr) -> None:
    sharing.stop_unused(ServicesFolder(VAR), say)


def _of_this_machine(*, database: bool, broker: bool) -> dict[str, bool]:
    return {
        "database": database and not os.environ.get("DATABASE_URL"),
        "broker": broker and not os.environ.get("CELERY_BROKER_URL"),
    }
