"""Signed as Standard Webhooks say (standardwebhooks.com), and guarded like the fetching of pictures: the address that a
delivery goes to is checked when the connection is made."""

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
import time
from ipaddress import ip_network

import httpcore
from django.conf import settings

from distillation.catalog.pictures.fetch import FetchFailed, GuardedBackend, checked_url, resolve
from webhooks.models import Delivery

TIMEOUT_S = 10


class SendFailed(Exception):
    """Why it was not delivered, in one line."""


def url_check(url: str) -> None:
    """Checks the form of the URL; where its name leads is checked at each connection."""
    try:
        checked_url(url, settings.WEBHOOK_HOSTS)
    except FetchFailed as error:
        raise SendFailed(error.reason.replace("FETCH_HOSTS", "WEBHOOK_HOSTS")) from error


def send(delivery: Delivery) -> str:
    """The server's answer, one of 2xx. Raises SendFailed."""
    url_check(delivery.webhook.url)
    try:
        return asyncio.run(_post(delivery))
    except FetchFailed as error:
        raise SendFailed(error.reason) from error
    except TimeoutError as error:
        raise SendFailed(f"took longer than {TIMEOUT_S} s") from error
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
        raise SendFailed(" ".join(str(error).split())[:200] or type(error).__name__) from error


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()


async def _post(delivery: Delivery) -> str:
    url = checked_url(delivery.webhook.url)
    body = json.dumps({"type": delivery.event, "data": delivery.payload}).encode()
    message_id, timestamp = f"msg_{delivery.pk}", int(time.time())
    headers: dict[bytes | str, bytes | str] = {
        "Host": url.netloc.decode(),
        "Content-Type": "application/json",
        "User-Agent": "Mindsite",
        "Webhook-Id": message_id,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": signature(delivery.webhook.secret, message_id, timestamp, body),
    }
    target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    networks = [ip_network(text) for text in settings.WEBHOOK_PRIVATE_NETWORKS]
    async with (
        asyncio.timeout(TIMEOUT_S),
        httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(), network_backend=GuardedBackend(networks, resolve)
        ) as pool,
        # The body of the answer is not read: nothing in it matters, and it may have no end.
        pool.stream("POST", target, headers=headers, content=body) as response,
    ):
        if not 200 <= response.status < 300:
            raise SendFailed(f"answered {response.status}")
        return f"answered {response.status}"
