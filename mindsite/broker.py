"""How Celery bears a broker that goes away and comes back, whenever it does."""

import logging
from typing import Any

import kombu
from celery.app.amqp import AMQP
from kombu.transport import redis

LONGEST_WAIT_S = 4.0  # between two tries to reach it; kombu's own grow to half a minute

log = logging.getLogger(__name__)


class Connection(kombu.Connection):
    def ensure_connection(self, *args: Any, **options: Any) -> kombu.Connection:
        return super().ensure_connection(*args, **{"interval_max": LONGEST_WAIT_S, **options})


class Amqp(AMQP):
    Connection = Connection


class PatientQoS(redis.QoS):
    """kombu 5.7 ends the worker's loop where it can't hand messages back on a connection that is gone: an
    AttributeError of a channel closed already. Their time-out brings them back, and the sweep what they stood for."""

    def restore_unacked_once(self, stderr: Any = None) -> None:
        try:
            super().restore_unacked_once(stderr)
        except (AttributeError, AssertionError, OSError, *redis.get_redis_error_classes().connection_errors) as error:
            log.warning(
                "Messages in hand can't be given back to the broker now; they come back by themselves: %s", error
            )


redis.Channel.QoS = PatientQoS
