"""Django's PostgreSQL, which knows when it is away: in the web server nobody waits for what was missed just now."""

from typing import Any

from django.db.backends.postgresql import base
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from common.away import away


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if away.told_at_once and away.is_known():
            raise PoolTimeout("it was away a moment ago")
        try:
            return super().get_new_connection(conn_params)
        except OperationalError:  # a pool's time-out is one
            away.noticed()
            raise
