"""Django's PostgreSQL, but for how a pooled connection is looked at before it is used."""

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict) -> Any:
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
    poll.register(connection.fileno(), select.POLLIN)
    if not poll.poll(0):
        return True  # nothing was said since its last use, no farewell either
    try:
        ConnectionPool.check_connection(connection)
    except OperationalError:
        return False
    return True
