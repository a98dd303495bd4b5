"""Messages in hand of a worker whose Redis has gone. Loaded with kombu's transport, which takes a tenth of a start."""

import logging
from typing import Any

from kombu.transport import redis

log = logging.getLogger(__name__)


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
