"""Any server that speaks OpenAI's chat completions; vLLM is the reference."""

from __future__ import annotations

import asyncio
import random
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import urlsplit

import aiohttp
import orjson

from distillation.lvlm.base import BackendAway, Describe, Failure, Reply, Request, Subject, Usage, WrongModel
from distillation.lvlm.openai_wire import (
    EmptyReply,
    MalformedReply,
    PictureCache,
    decode_reply,
    encode_request,
    refused_request,
    server_words,
)

TRIES = 5
MAX_REPLY = 2 * 1024 * 1024
FIRST_BACKOFF_S = 0.25
LONGEST_WAIT_S = 30.0
CHECK_S = 10.0


class Retry(Exception):
    """This try failed in a way the next may not."""

    def __init__(self, failure: Failure, wait_s: float | None = None) -> None:
        super().__init__(failure.detail)
        self.failure = failure
        self.wait_s = wait_s


class ServerAway(Exception):
    """This server takes no calls at the moment."""


@dataclass(slots=True)
class Server:
    url: str
    places: asyncio.Semaphore
    away_since: float | None = None
    retry_at: float = 0.0
    refusals: int = field(default=0)

    def came_back(self) -> None:
        self.away_since, self.retry_at, self.refusals = None, 0.0, 0

    def went_away(self) -> None:
        now = time.monotonic()
        self.away_since = self.away_since or now
        if now >= self.retry_at:  # sixty calls refused at once are one refusal
            self.refusals += 1
            self.retry_at = now + backoff(self.refusals, longest=2.0)


class OpenAIBackend:
    name = "openai"

    def __init__(
        self,
        *,
        model: str,
        base_urls: Sequence[str],
        in_flight: int = 64,
        timeout_s: float = 120,
        api_key: str = "",
        patience_s: float = 10.0,
    ) -> None:
        if not base_urls:
            raise ValueError("The openai backend needs the URL of a model server: give a base URL.")
        self.model = model
        self._servers = [Server(endpoint(url), asyncio.Semaphore(in_flight)) for url in base_urls]
        self._timeout_s = timeout_s
        self._api_key = api_key
        self._patience_s = patience_s
        self._pictures = PictureCache()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # identity and auto_decompress: a small compressed body could unpack to a huge one.
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if self._api_key:
            headers["Authorization"] = f"Bearer {self._api_key}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=self._timeout_s, sock_connect=CHECK_S),
            headers=headers,
            auto_decompress=False,
        )
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        if self._session:
            await self._session.close()
            self._session = None

    async def check(self) -> None:
        for server in self._servers:
            names = await self._models(server.url)
            if not self.model and len(names) == 1:
                self.model = names[0]
            if self.model not in names:
                serves = ", ".join(names[:10]) or "no model"
                raise WrongModel(f"{server.url} does not serve {self.model!r}; it serves {serves}: name one of these.")

    async def reply(self, request: Request) -> Reply:
        body = encode_request(request, self.model, self._pictures)
        home = zlib.crc32(affinity(request.subject).encode()) % len(self._servers)
        tries = 0
        while True:
            server = await self._available(home)
            try:
                reply = await self._post(server, body, logprobs=request.logprobs)
                return replace(reply, usage=reply.usage + Usage(calls=tries + 1))
            except ServerAway as error:
                self._give_up_if_all_away(server, str(error))
            except Retry as retry:
                tries += 1
                if tries == TRIES:
                    return Reply("", usage=Usage(calls=tries), error=retry.failure)
                await asyncio.sleep(backoff(tries) if retry.wait_s is None else retry.wait_s)

    async def _available(self, home: int) -> Server:
        """A co-buy's own server, where its pictures are cached, else the next that is not away."""
        order = self._servers[home:] + self._servers[:home]
        while True:
            now = time.monotonic()
            for server in order:
                if now >= server.retry_at:
                    return server
            await asyncio.sleep(min(server.retry_at for server in order) - now)

    async def _post(self, server: Server, body: bytes, *, logprobs: bool) -> Reply:
        assert self._session, "use the backend with `async with`"  # noqa: S101
        async with server.places:
            try:
                async with self._session.post(
                    f"{server.url}/chat/completions", data=body, allow_redirects=False
                ) as response:
                    status, headers, content = response.status, response.headers, await _bounded(response)
            except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
                server.went_away()
                raise ServerAway(self._without_key(str(error))) from None
            except TimeoutError:
                raise Retry(Failure("timeout", f"No answer within {self._timeout_s:g} s.")) from None
            except (aiohttp.ClientError, OSError) as error:
                raise Retry(Failure("reset", self._without_key(f"The connection broke: {error}"))) from None
        return self._read(server, status, headers.get("Retry-After"), content, logprobs=logprobs)

    def _read(self, server: Server, status: int, retry_after: str | None, content: bytes, *, logprobs: bool) -> Reply:
        if status == 503:
            server.went_away()
            raise ServerAway(f"it says 503: {self._words(content)}")
        if status in (401, 403):
            raise BackendAway(f"{server.url} turns us away ({status}): check the API key. {self._words(content)}")
        server.came_back()
        if status == 200:
            try:
                return decode_reply(content, logprobs=logprobs)
            except EmptyReply as error:
                raise Retry(Failure("empty", str(error))) from None
            except MalformedReply as error:
                raise Retry(Failure("malformed", self._without_key(str(error)))) from None
        if status == 429:
            raise Retry(Failure("rate_limited", self._words(content)), _seconds(retry_after))
        if status == 408 or status >= 500:
            raise Retry(Failure("server_error", f"{status}: {self._words(content)}"), _seconds(retry_after))
        return Reply("", error=refused_request(status, f"{status}: {self._words(content)}"))

    def _give_up_if_all_away(self, server: Server, why: str) -> None:
        patient_since = time.monotonic() - self._patience_s
        if all(each.away_since is not None and each.away_since <= patient_since for each in self._servers):
            urls = ", ".join(each.url for each in self._servers)
            raise BackendAway(f"No answer from {urls} ({why[:300]}): start the model server or correct the URL.")

    async def _models(self, url: str) -> list[str]:
        assert self._session, "use the backend with `async with`"  # noqa: S101
        try:
            timeout = aiohttp.ClientTimeout(total=CHECK_S)
            async with self._session.get(f"{url}/models", timeout=timeout, allow_redirects=False) as response:
                status, content = response.status, await _bounded(response)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            why = self._without_key(str(error)) or "no answer in time"
            raise BackendAway(f"{url} can't be reached ({why}): start the model server or correct the URL.") from None
        if status != 200:
            raise BackendAway(f"{url}/models answers {status} ({self._words(content)[:300]}): check URL and API key.")
        try:
            return [str(served["id"]) for served in orjson.loads(content)["data"]]
        except (ValueError, TypeError, KeyError):
            raise BackendAway(f"{url}/models is no list of models: is this an OpenAI-compatible server?") from None

    def _words(self, content: bytes) -> str:
        return self._without_key(server_words(content))

    def _without_key(self, text: str) -> str:
        return text.replace(self._api_key, "***") if self._api_key else text


def endpoint(url: str) -> str:
    """A base URL with or without /v1 and trailing slash, to the form ending in /v1."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"Base URL {parts.scheme}://{parts.hostname or ''} is no http or https URL: correct it.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(f"Base URL of {parts.hostname} holds a password or query: give the API key on its own.")
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path if path.endswith('/v1') else path + '/v1'}"


def affinity(subject: Subject) -> str:
    """Calls with the same text here go to the same server."""
    if isinstance(subject, Describe):
        return subject.product.asin
    return f"{subject.pair.a.asin} {subject.pair.b.asin}"


def backoff(tries: int, longest: float = 8.0) -> float:
    return min(longest, FIRST_BACKOFF_S * 2 ** (tries - 1)) * random.uniform(0.5, 1.0)  # noqa: S311


def _seconds(retry_after: str | None) -> float | None:
    """Bounded, and spread so that all who were turned away don't come back at once; a date is ignored."""
    try:
        asked = float(retry_after or "")
    except ValueError:
        return None
    return min(LONGEST_WAIT_S, asked) * random.uniform(1.0, 1.2) if asked >= 0 else None  # noqa: S311


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
