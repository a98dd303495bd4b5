"""A database that can't be reached: said at once to all who come in the next second, not after a wait of each. One that
has no room left says so itself."""

import time

from django.db import InterfaceError, OperationalError
from psycopg_pool import PoolClosed, PoolTimeout

AGAIN_S = 5
SHUT_S = 1.0
WORDS = (
    "The database can't be reached or can't write at the moment. Nothing of this was saved: try again in a few seconds."
)
LOST = ("08", "57P", "53300")  # connection, the server's going down, too many connections
FULL = "53100"


class Away:
    """What this process knows. `told_at_once`: it has people waiting."""

    def __init__(self) -> None:
        self._shut_until, self.told_at_once = 0.0, False

    def noticed(self) -> None:
        self._shut_until = time.monotonic() + SHUT_S

    def is_known(self) -> bool:
        return time.monotonic() < self._shut_until


away = Away()


def is_lost_database(error: BaseException | None) -> bool:
    """No connection to be had, or one that broke: not a query that took too long or was refused."""
    while error is not None:
        if isinstance(error, PoolTimeout | PoolClosed | InterfaceError):
            return True
        if isinstance(error, OperationalError):
            state = getattr(error.__cause__, "sqlstate", None)
            return state is None or state.startswith(LOST)
        error = error.__cause__
    return False


def is_full_database(error: BaseException | None) -> bool:
    return isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", None) == FULL


def is_unusable_database(error: BaseException | None) -> bool:
    """Away or full: no fault of ours, and to be tried again."""
    return is_lost_database(error) or is_full_database(error)


def is_for_later(error: BaseException | None) -> bool:
    """As `is_unusable_database`; that it is away is kept in mind."""
    if is_lost_database(error):
        away.noticed()
    return is_unusable_database(error)
