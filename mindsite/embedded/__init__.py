"""PostgreSQL and Valkey for one machine: started by whoever needs them first, stopped by whoever leaves last."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from mindsite.embedded.layout import ServiceError, ServicesFolder
from mindsite.embedded.sharing import hold

from .servers import Postgres, Valkey

__all__ = ["VAR", "ServiceError", "ServicesFolder", "broker_url", "database_settings", "services"]

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
    database = database and not os.environ.get("DATABASE_URL")
    broker = broker and not os.environ.get("CELERY_BROKER_URL")
    with hold(ServicesFolder(VAR), database=database, broker=broker, say=say):
        yield
