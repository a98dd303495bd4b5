"""How Celery bears a broker that goes away and comes back, whenever it does."""

from importlib import import_module
from typing import Any

import kombu
from celery.app.amqp import AMQP

LONGEST_WAIT_S = 4.0  # between two tries to reach it; kombu's own grow to half a minute


class Connection(kombu.Connection):
    def ensure_connection(self, *args: Any, **options: Any) -> kombu.Connection:
        return super().ensure_connection(*args, **{"interval_max": LONGEST_WAIT_S, **options})

    def get_transport_cls(self) -> Any:
        found = super().get_transport_cls()
        if found.__module__ == "kombu.transport.redis":
            import_module("mindsite.supervision.giving_back")
        return found


class Amqp(AMQP):
    Connection = Connection
