"""Any server that speaks OpenAI's chat completions; vLLM is the reference."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Self

import aiohttp
import orjson

from distillation.lvlm.base import BackendAway, Describe, Failure, Image, Reply, Request, Subject, Usage, WrongModel
from distillation.lvlm.openai.servers import MOST_DOUBLINGS, Server, backoff, url_and_limit
from distillation.lvlm.openai.wire import (
    EmptyReply,
    MalformedReply,
    PictureCache,
    Way,
    decode_reply,
    encode_request,
    refused_request,
    retry_seconds,
    server_words,
    uuid_question,
)
from distillation.lvlm.places import Places

TRIES = 5
MAX_REPLY = 2 * 1024 * 1024
SHORTEST_WAIT_S = 0.1
CHECK_S = 10.0
HOMES = 4_096


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
        places: Places | None = None,
    ) -> None:
        if not base_urls:
            raise ValueError("The openai backend needs the URL of a model server: give a base URL.")
        self.model = model
        self._servers = [Server(*url_and_limit(url, in_flight)) for url in base_urls]
        self._places = places or Places(in_flight * len(base_urls))
        self._timeout_s = timeout_s
        self._api_key = api_key
        self._patience_s = patience_s
        self._pictures = PictureCache()
        self._homes: dict[str, Server] = {}
        self._asking_uuids = asyncio.Lock()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # identity and auto_decompress: a small compressed body could unpack to a huge one.
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if self._api_key:
            headers["Authorization"] = f"Bearer {self._api_key}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), headers=headers, auto_decompress=False
        )
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        if self._session:
            await self._session.close()
            self._session = None

    async def check(self) -> None:
        """One server that is there is enough; those that are not are tried again later."""
        checks = await asyncio.gather(*map(self._check, self._servers), return_exceptions=True)
        problems = [problem for problem in checks if isinstance(problem, BaseException)]
        if any(not isinstance(problem, BackendAway) for problem in problems) or len(problems) == len(checks):
            raise next((each for each in problems if not isinstance(each, BackendAway)), problems[0])

    async def reply(self, request: Request) -> Reply:
        began, sent, tries, slow = time.monotonic(), 0, 0, 0
        while True:
            server = await self._server_for(request.subject)
            try:
                sent += 1
                reply = await self._answer(server, request, slow)
                return replace(reply, usage=reply.usage + Usage(calls=sent))
            except TurnedDown as turned_down:
                self._give_up_if_all_silent(str(turned_down))
                if turned_down.wait_s is not None:
                    await self._places.pause(turned_down.wait_s)
            except Retry as retry:
                tries += 1
                slow += retry.failure.reason == "timeout"
                if tries == TRIES and await self._is_there(server, began):
                    return Reply("", usage=Usage(calls=sent), error=retry.failure)
                tries = min(tries, TRIES - 1)
                await self._places.pause(backoff(tries) if retry.wait_s is None else retry.wait_s)

    async def _server_for(self, subject: Subject) -> Server:
        """A co-buy's own server, where its pictures are, as long as that is there; else the least loaded."""
        key = affinity(subject)
        while True:
            now = time.monotonic()
            there = [server for server in self._servers if server.presence.open(now)]
            if there:
                home = self._homes.get(key)
                if home is None or home not in there:
                    home = self._homes[key] = min(there, key=lambda server: server.limit.places.load)
                    if len(self._homes) > HOMES:
                        del self._homes[next(iter(self._homes))]
                home.presence.tried()
                return home
            soon = min(server.presence.retry_at for server in self._servers) - now
            await self._places.pause(max(SHORTEST_WAIT_S, soon))

    async def _answer(self, server: Server, request: Request, slow: int) -> Reply:
        images = [part for part in request.parts if isinstance(part, Image)]
        async with self._room(server):
            if images and server.pictures.named is None:
                await self._ask_about_uuids(server)
            refused: list[Way] = []
            for way in server.pictures.ways(images):
                body = encode_request(request, self.model, self._pictures, way)
                status, headers, content = await self._post(server, body, slow)
                if status not in (400, 422) or refused_request(status, self._words(content)).reason == "too_long":
                    break
                refused.append(way)
        if status == 200:
            server.pictures.learn(images, refused, way)
        if status == 404:
            await self._check(server)
        return self._read(server, status, headers.get("Retry-After"), content, logprobs=request.logprobs)

    @asynccontextmanager
    async def _room(self, server: Server) -> AsyncIterator[None]:
        room = server.limit.places
        server.limit.fit(self._places.among)
        if room.full and len(self._servers) > 1:
            async with self._places.aside():  # another server may be free
                await room.acquire()
        else:
            await room.acquire()
        try:
            yield
        finally:
            room.release()

    async def _post(self, server: Server, body: bytes, slow: int) -> tuple[int, Mapping[str, str], bytes]:
        assert self._session, "use the backend with `async with`"  # noqa: S101
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CHECK_S)
        url = f"{server.url}/chat/completions"
        began = time.monotonic()
        try:
            async with (
                server.in_time(slow, self._timeout_s),
                self._session.post(url, data=body, timeout=timeout, allow_redirects=False) as response,
            ):
                content = await _bounded(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            server.went_away()
            raise TurnedDown(self._without_key(str(error))) from None
        except TimeoutError:
            raise Retry(Failure("timeout", f"No answer within {time.monotonic() - began:.3g} s.")) from None
        except (aiohttp.ClientError, OSError) as error:
            raise Retry(Failure("reset", self._without_key(f"The connection broke: {error}"))) from None
        if response.status == 200:
            server.took(time.monotonic() - began)
        return response.status, response.headers, content

    def _read(self, server: Server, status: int, retry_after: str | None, content: bytes, *, logprobs: bool) -> Reply:
        server.limit.answered(refused=status == 429)
        if status in (502, 503):  # a server that loads its model, or a proxy whose server is gone
            server.went_away()
            raise TurnedDown(f"it says {status}: {self._words(content)}")
        if status in (401, 403):
            raise BackendAway(f"{server.url} turns us away ({status}): check the API key. {self._words(content)}")
        if status == 429:
            server.presence.turned_down()
            raise TurnedDown(f"it says 429: {self._words(content)}", retry_seconds(retry_after) or backoff(2))
        server.presence.answered()
        if status == 200:
            try:
                return decode_reply(content, logprobs=logprobs)
            except EmptyReply as error:
                raise Retry(Failure("empty", str(error))) from None
            except MalformedReply as error:
                raise Retry(Failure("malformed", self._without_key(str(error)))) from None
        if status == 408 or status >= 500:
            raise Retry(Failure("server_error", f"{status}: {self._words(content)}"), retry_seconds(retry_after))
        return Reply("", error=refused_request(status, f"{status}: {self._words(content)}"))

    def _give_up_if_all_silent(self, why: str) -> None:
        patient_since = time.monotonic() - self._patience_s
        silent = [server.presence.silent_since for server in self._servers]
        if all(since is not None and since <= patient_since for since in silent):
            urls = ", ".join(server.url for server in self._servers)
            raise BackendAway(f"No answer from {urls} ({why[:300]}): start the model server or correct the URL.")

    async def _is_there(self, server: Server, began: float) -> bool:
        """Where nobody has had an answer since, it may be the server's fault and not the item's."""
        if server.presence.answered_at >= began:
            return True
        try:
            await self._check(server)
        except BackendAway as error:
            self._give_up_if_all_silent(str(error))
            return False
        return True

    async def _ask_about_uuids(self, server: Server) -> None:
        """A server that answers though it can't know the picture takes no notice of uuids."""
        async with self._asking_uuids:
            if server.pictures.named is not None:
                return
            body = uuid_question(self.model, str(uuid.uuid4()))
            status, _, _ = await self._post(server, body, slow=MOST_DOUBLINGS)  # as patiently as with any call
            server.pictures.named = status in (400, 422)

    async def _check(self, server: Server) -> None:
        try:
            names = await self._models(server.url)
        except BackendAway:
            server.went_away()
            raise
        if not self.model and len(names) == 1:
            self.model = names[0]
        if self.model not in names:
            serves = ", ".join(names[:10]) or "no model"
            raise WrongModel(f"{server.url} does not serve {self.model!r}; it serves {serves}: name one of these.")

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


def affinity(subject: Subject) -> str:
    """Calls with the same text here go to the same server."""
    if isinstance(subject, Describe):
        return subject.product.asin
    return f"{subject.pair.a.asin} {subject.pair.b.asin}"


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
