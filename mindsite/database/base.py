"""Django's PostgreSQL, which knows when it is away: in the web server nobody waits for what was missed just now."""

import select
import time
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError
from psycopg_pool import ConnectionPool, PoolTimeout

from common.away import away
from common.metrics.counted import POOL_EMPTY, POOL_WAIT


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if away.told_at_once and away.is_known():
            raise PoolTimeout("it was away a moment ago")
        began = time.perf_counter()
        try:
            return self._that_lives(conn_params)
        except OperationalError:  # a pool's time-out is one
            away.noticed()
            POOL_EMPTY.inc()
            raise
        finally:
            POOL_WAIT.observe(time.perf_counter() - began)

    def _that_lives(self, conn_params: dict[str, Any]) -> Any:
        """After a restart of PostgreSQL the pool's connections are dead ones. A server that goes closes its side, and
        that shows without asking it: to ask took each request a round trip."""
        connection = super().get_new_connection(conn_params)
        while self.pool and not is_alive(connection):
            connection.close()
            self.pool.putconn(connection)  # which makes another one
            connection = super().get_new_connection(conn_params)
        return connection


def is_alive(connection: Connection) -> bool:
    poll = select.poll()
    try:
        poll.register(connection.fileno(), select.POLLIN)
        if poll.poll(0):  # something was said since its last use: a farewell, or a setting that has changed
            ConnectionPool.check_connection(connection)
    except OperationalError:
        return False
    return True
