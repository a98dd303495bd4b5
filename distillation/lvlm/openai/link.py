"""The connections to model servers: one call, its answer in bounds, and the faults that are no answer."""

from __future__ import annotations

import errno
import socket
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Self

import aiohttp
import orjson
from aiohttp.abc import ResolveResult
from aiohttp.resolver import ThreadedResolver

from distillation.lvlm.base import BackendAway, Failure
from distillation.lvlm.openai.address import key_of, leads_to_secrets
from distillation.lvlm.openai.reading import COMPRESSED, MalformedReply, error_inside, unpacked
from distillation.lvlm.openai.refusals import Refusal, refusal
from distillation.lvlm.openai.servers import Server

MAX_REPLY = 2 * 1024 * 1024
CHECK_S = 10.0
SILENT_S, UPLOAD_S = 120.0, 3_600.0
NOT_IMPLEMENTED = 501
SHOWN = 200  # characters of an answer that is none
IN_WORDS = {  # the library's own name addresses and states of sockets
    aiohttp.ClientConnectorDNSError: "nobody knows a machine of that name",
    aiohttp.ClientConnectorCertificateError: "its certificate is not trusted",
    aiohttp.ClientConnectorSSLError: "it does not speak TLS there",
    aiohttp.ClientConnectorError: "nothing answers there",
    aiohttp.ServerDisconnectedError: "it hung up",
    TimeoutError: "no answer in time",
}
NOT_THERE = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
ENVIRONMENT = "environment"  # as a proxy: those that the environment names


class Retry(Exception):
    """This try failed in a way the next may not."""

    def __init__(self, failure: Failure, wait_s: float | None = None) -> None:
        super().__init__(failure.detail)
        self.failure = failure
        self.wait_s = wait_s


class TurnedDown(Exception):
    """The server takes no call at the moment: that is no failure of the item."""

    def __init__(self, why: str, wait_s: float | None = None) -> None:
        super().__init__(why)
        self.wait_s = wait_s


class Ill(BackendAway):
    """The server is there, and failed in a way it may not fail the next time."""


class Refused(Exception):
    """An answer that is none, to what is no chat."""

    def __init__(self, told: Refusal, headers: Mapping[str, str]) -> None:
        super().__init__(told.words)
        self.told, self.headers = told, headers


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes


class CarefulResolver(ThreadedResolver):
    """A name, or a number written oddly, may lead where no address that is written plainly may."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await super().resolve(host, port, family)
        if any(leads_to_secrets(each["host"]) for each in found):
            raise OSError(errno.EHOSTUNREACH, f"{host} leads to a link-local or metadata address")
        return found


def _in_words(error: Exception) -> str:
    """Nothing of a name that was known and refused: that says itself why."""
    if isinstance(error, aiohttp.ClientConnectorDNSError) and not isinstance(error.os_error, socket.gaierror):
        return ""
    return next((words for of, words in IN_WORDS.items() if isinstance(error, of)), "")


class Link:
    def __init__(
        self, *, api_key: str = "", proxy: str = "", ca_file: str = "", own_keys: Mapping[str, str] | None = None
    ) -> None:
        self._api_key, self._own_keys, self._proxy = api_key, own_keys or {}, proxy
        self._tls = _tls(ca_file)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # identity and auto_decompress: a small compressed body could unpack to a huge one.
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._tls, resolver=CarefulResolver()),
            headers=headers,
            auto_decompress=False,
            trust_env=self._proxy == ENVIRONMENT,
        )
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        if self._session:
            await self._session.close()
            self._session = None

    async def post(self, server: Server, body: bytes, slow: int, longest_s: float) -> Answer:
        """Raises TurnedDown and Retry where no answer comes."""
        timeout, began = aiohttp.ClientTimeout(total=None, sock_connect=CHECK_S), time.monotonic()
        try:
            async with server.in_time(slow, longest_s):
                answer = await self._send("POST", server.address.to("chat/completions"), timeout, body)
        except NOT_THERE as error:
            server.went_away()
            raise TurnedDown(self.without_key(str(error))) from None
        except TimeoutError:
            raise Retry(Failure("timeout", f"No answer within {time.monotonic() - began:.3g} s.")) from None
        except (aiohttp.ClientError, OSError) as error:
            raise Retry(Failure("reset", self.without_key(f"The connection broke: {error}"))) from None
        except MalformedReply as error:
            raise Retry(Failure("malformed", str(error))) from None
        if answer.status == 200:
            server.took(time.monotonic() - began)
        return answer

    async def models(self, server: Server) -> list[str] | None:
        """The names of its models; None where it lists none. Raises BackendAway, as Ill where another try may help."""
        url = server.address.to("models")
        try:
            answer = await self._send("GET", url, aiohttp.ClientTimeout(total=CHECK_S))
        except (aiohttp.ClientError, OSError, TimeoutError, MalformedReply) as error:
            server.went_away()
            raise self._away(server, error) from None
        if answer.status in (408, 429) or (answer.status >= 500 and answer.status != NOT_IMPLEMENTED):
            server.went_away()
            said = self.refusal(answer).words[:SHOWN]
            raise Ill(f"{url} answers {answer.status} ({said}): check URL and API key.")
        try:
            listed = {str(served["id"]): served for served in orjson.loads(answer.content)["data"]}
            server.contexts = {name: context for name, served in listed.items() if (context := _context(served))}
            return [name for name in listed if len(name) <= SHOWN]  # what is longer is no name, and is shown to nobody
        except (ValueError, TypeError, KeyError):
            return None

    async def call(self, server: Server, method: str, path: str, body: bytes | aiohttp.Payload | None = None) -> Answer:
        """Of anything but a chat. The server is silent while a file goes up. Raises BackendAway."""
        silent_s = UPLOAD_S if isinstance(body, aiohttp.Payload) else SILENT_S
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CHECK_S, sock_read=silent_s)
        try:
            return await self._send(method, server.address.to(path), timeout, body)
        except (aiohttp.ClientError, OSError, TimeoutError, MalformedReply) as error:
            raise self._away(server, error) from None

    async def stream(self, server: Server, path: str, most: int) -> AsyncIterator[bytes]:
        """The chunks of a long answer, of at most so many bytes. Raises BackendAway, and Refused with its refusal."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CHECK_S, sock_read=SILENT_S)
        try:
            async with self._request("GET", server.address.to(path), timeout) as response:
                if response.status != 200:
                    answer = Answer(response.status, response.headers, await _bounded(response))
                    raise Refused(self.refusal(answer), response.headers)
                unpack = _unpacker(response)
                async for packed in response.content.iter_any():
                    chunk = unpack(packed)
                    most -= len(chunk)
                    if most < 0:
                        raise MalformedReply("the answer does not end")
                    yield chunk
        except (aiohttp.ClientError, OSError, TimeoutError, MalformedReply) as error:
            raise self._away(server, error) from None

    def _away(self, server: Server, error: Exception) -> BackendAway:
        why = _in_words(error) or self.without_key(str(error)) or "no answer in time"
        kind = BackendAway if isinstance(error, NOT_THERE) else Ill
        return kind(f"{server.url} can't be reached ({why}): start the model server or correct the URL.")

    def _request(
        self, method: str, url: str, timeout: aiohttp.ClientTimeout, body: bytes | aiohttp.Payload | None = None
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        assert self._session, "use the backend with `async with`"  # noqa: S101
        proxy = self._proxy if self._proxy != ENVIRONMENT else None
        headers = {"Content-Type": body.headers["Content-Type"]} if isinstance(body, aiohttp.Payload) else {}
        if key := key_of(url, self._api_key, self._own_keys):
            headers["Authorization"] = f"Bearer {key}"
            headers["api-key"] = key  # where the version stands in the query, the key stands here
        return self._session.request(
            method, url, data=body, headers=headers, timeout=timeout, allow_redirects=False, proxy=proxy or None
        )

    async def _send(
        self, method: str, url: str, timeout: aiohttp.ClientTimeout, body: bytes | aiohttp.Payload | None = None
    ) -> Answer:
        async with self._request(method, url, timeout, body) as response:
            content = await _bounded(response)
        packed = response.headers.get("Content-Encoding", "").strip().lower()
        content = unpacked(content, packed, MAX_REPLY) if packed else content
        status = error_inside(content) if response.status == 200 else None
        return Answer(status or response.status, response.headers, content)

    def refusal(self, answer: Answer) -> Refusal:
        told = refusal(answer.status, answer.content)
        return Refusal(told.status, self.without_key(told.words), told.param, told.code)

    def without_key(self, text: str) -> str:
        for key in filter(None, (self._api_key, *self._own_keys.values())):
            text = text.replace(key, "***")
        return text


def _context(served: Mapping[str, Any]) -> int | None:
    """Of a model in a list, under the names that servers have for it."""
    found = (served.get(name) for name in ("max_model_len", "context_length", "context_window", "max_context_length"))
    return next((tokens for tokens in found if type(tokens) is int and tokens > 0), None)


def _tls(ca_file: str) -> ssl.SSLContext | bool:
    """The system's authorities, and one's own. Raises ValueError."""
    if not ca_file:
        return True
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"LVLM_CA_FILE {ca_file} can't be read as certificates ({error}): correct it.") from None
    return context


def _unpacker(response: aiohttp.ClientResponse) -> Callable[[bytes], bytes]:
    """Of a server that packs though nobody asked; a chunk can't unpack to more than a thousand times its size."""
    packed = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packed == "identity":
        return lambda chunk: chunk
    if packed not in COMPRESSED:
        raise MalformedReply(f"the answer is packed as {packed[:40]!r}, though nobody asked for that")
    unpacker = zlib.decompressobj(COMPRESSED[packed])

    def unpack(chunk: bytes) -> bytes:
        try:
            return unpacker.decompress(chunk)
        except zlib.error as error:
            raise MalformedReply(f"the answer is no {packed}: {error}") from None

    return unpack


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    if response.content_length is not None and response.content_length <= MAX_REPLY:
        return await response.read()
    chunks, size = [], 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > MAX_REPLY:
            response.close()
            raise aiohttp.ClientPayloadError(f"the answer is over {MAX_REPLY:,} bytes")
        chunks.append(chunk)
    return b"".join(chunks)
