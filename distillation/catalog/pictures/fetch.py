"""Guarded fetching: a URL out of a catalog is a stranger's word, so it must not reach this network or use it up.

The address that a connection goes to is checked when the connection is made, on the very address that is then used: a
name that resolves to something else the second time, or a redirect, gets no further than any other URL.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import httpx

MOST_REDIRECTS = 5
CONNECT_TIMEOUT_S = 10
REDIRECTS = (301, 302, 303, 307, 308)
AGAIN = (408, 425, 429)  # and all from 500 on
# A stored picture is the bytes as served: nothing here unpacks, so nothing can be a bomb.
Headers = dict[bytes | str, bytes | str]  # as httpcore takes them
HEADERS: Headers = {"Accept": "image/*", "Accept-Encoding": "identity", "User-Agent": "Mindsite"}

GLOBAL_UNICAST = ip_network("2000::/3")
NAT64 = ip_network("64:ff9b::/96")
# No web server's addresses, though the standard library calls some of them global.
CLOSED = [
    ip_network(text)
    for text in (
        *("100.64.0.0/10", "192.88.99.0/24", "192.0.0.0/24", "2001::/32", "3fff::/20"),
        "168.63.129.16/32",  # Azure's own, from within its machines
    )
]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[list[str]]]


class FetchFailed(Exception):
    """`again`: another try may end better, `after_s` seconds from now if the server says so."""

    def __init__(self, reason: str, *, again: bool = False, after_s: float = 0) -> None:
        super().__init__(reason)
        self.reason, self.again, self.after_s = reason, again, after_s


@dataclass(frozen=True, kw_only=True)
class FetchRules:
    max_bytes: int
    hosts: Sequence[str] = ()  # names or *.suffix; none: every public host
    private_networks: Sequence[Network] = ()  # may be reached although they are not public
    timeout_s: float = 30
    connections: int = 32


def is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        if inner := _carried(address):
            return is_public(inner)
        if address not in GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast and not any(address in network for network in CLOSED)


def _carried(address: Address) -> IPv4Address | None:
    """The IPv4 address that a mapped, 6to4 or NAT64 address leads to."""
    if isinstance(address, IPv4Address):
        return None
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def checked_url(text: str, hosts: Sequence[str] = (), base: httpx.URL | None = None) -> httpx.URL:
    import httpx  # noqa: PLC0415 - with its terminal program it takes a tenth of a second to load

    try:
        url = base.join(text) if base else httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchFailed(f"refused: no valid URL ({error})") from error
    if url.scheme not in ("http", "https"):
        raise FetchFailed(f'refused: only http and https are fetched, not "{url.scheme}"')
    if not url.host:
        raise FetchFailed("refused: the URL names no host")
    if url.port is not None and not 0 < url.port < 65_536:
        raise FetchFailed(f"refused: no valid URL (port {url.port})")
    if url.userinfo:
        raise FetchFailed("refused: the URL holds a user name or a password")
    if hosts and not _is_listed(url.host, hosts):
        raise FetchFailed(f"refused: {url.host} is not among FETCH_HOSTS")
    return url


def _is_listed(host: str, hosts: Sequence[str]) -> bool:
    name = host.lower().rstrip(".")
    return any(name.endswith(one[1:].lower()) if one.startswith("*.") else name == one.lower() for one in hosts)


async def resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves once, checks every address, connects to a checked one; TLS and Host still go by the name."""

    def __init__(self, private_networks: Sequence[Network], resolve: Resolve) -> None:
        self._private_networks, self._resolve = private_networks, resolve
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(self, host: str, port: int, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        last: Exception | None = None
        for address in await self._checked(host, port):
            try:
                return await self._sockets.connect_tcp(str(address), port, *args, **options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last or httpcore.ConnectError(f"{host} has no address")

    async def _checked(self, host: str, port: int) -> list[Address]:
        try:
            addresses = [ip_address(text) for text in await self._resolve(host, port)]
        except (OSError, ValueError) as error:  # a label of more than 63 letters is a ValueError
            unknown = isinstance(error, ValueError) or getattr(error, "errno", None) == socket.EAI_NONAME
            raise FetchFailed(f"the name {host} does not resolve ({error})", again=not unknown) from error
        for address in addresses:
            if not self._may_reach(address):
                raise FetchFailed(f"refused: {host} leads to {address}, which is not a public address")
        return addresses

    def _may_reach(self, address: Address) -> bool:
        ways = (address, _carried(address))
        return is_public(address) or any(way in network for way in ways if way for network in self._private_networks)


class Fetcher:
    """An HTTP client without cookies, proxies, decompression or redirects of its own."""

    def __init__(self, rules: FetchRules, *, resolve: Resolve = resolve) -> None:
        self._rules = rules
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=rules.connections,
            network_backend=GuardedBackend(rules.private_networks, resolve),
        )

    async def __aenter__(self) -> Fetcher:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.aclose()

    async def fetch(self, url: str) -> bytes:
        """The bytes behind a URL; raises FetchFailed with the reason."""
        try:
            async with asyncio.timeout(self._rules.timeout_s):
                return await self._follow(url)
        except TimeoutError as error:
            raise FetchFailed(f"took longer than {self._rules.timeout_s:g} s", again=True) from error

    async def _follow(self, text: str) -> bytes:
        url = checked_url(text, self._rules.hosts)
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._get(url)
            if isinstance(answer, bytes):
                return answer
            url = answer
        raise FetchFailed(f"more than {MOST_REDIRECTS} redirects")

    async def _get(self, url: httpx.URL) -> bytes | httpx.URL:
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        headers: Headers = {"Host": url.netloc.decode(), **HEADERS}
        timeout = {"connect": CONNECT_TIMEOUT_S}
        try:
            async with self._pool.stream("GET", target, headers=headers, extensions={"timeout": timeout}) as response:
                return await self._answer(url, response)
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            words = " ".join(str(error).split()) or type(error).__name__
            raise FetchFailed(f"{url.host} did not answer in full ({words[:200]})", again=True) from error

    async def _answer(self, url: httpx.URL, response: httpcore.Response) -> bytes | httpx.URL:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        if response.status in REDIRECTS:
            if "location" not in headers:
                raise FetchFailed(f"answered {_status(response.status)} without saying where to")
            return checked_url(headers["location"], self._rules.hosts, base=url)
        if response.status != HTTPStatus.OK:
            again = response.status in AGAIN or response.status >= 500
            raise FetchFailed(f"answered {_status(response.status)}", again=again, after_s=_retry_after(headers))
        return await self._body(response, headers)

    async def _body(self, response: httpcore.Response, headers: dict[str, str]) -> bytes:
        encoding = headers.get("content-encoding", "identity")
        if encoding != "identity":
            raise FetchFailed(f'sent in the encoding "{encoding[:40]}", though asked for none')
        declared = headers.get("content-length", "0")
        if int(declared) > self._rules.max_bytes:
            raise FetchFailed(f"{int(declared):,} bytes, more than {self._rules.max_bytes:,}")
        chunks, size = [], 0
        async for chunk in response.aiter_stream():
            chunks.append(chunk)
            size += len(chunk)
            if size > self._rules.max_bytes:
                raise FetchFailed(f"more than {self._rules.max_bytes:,} bytes")
        return b"".join(chunks)


def _status(code: int) -> str:
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return str(code)


def _retry_after(headers: dict[str, str]) -> float:
    """Seconds; the header holds them or a date. 0 if it is absent or makes no sense."""
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text[:9])
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):  # no date, or one without a time zone
        return 0.0
