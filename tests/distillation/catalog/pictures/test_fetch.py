"""What a picture's URL may reach, and what its server may do; servers are real ones on 127.0.0.1."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address, ip_network

import pytest

from distillation.catalog.pictures.fetch import Fetcher, FetchFailed, FetchRules, is_public, resolve

HERE = FetchRules(private_networks=[ip_network("127.0.0.0/8")], max_bytes=10_000, timeout_s=60)
PUBLIC_ONLY = FetchRules(max_bytes=10_000, timeout_s=60)
ENDLESS = b"HTTP/1.1 200 OK\r\n\r\n"


class Server:
    """Answers each path with the bytes given for it; counts connections and keeps the requests."""

    def __init__(self, answers: dict[str, bytes], after: Callable[[asyncio.StreamWriter], Awaitable] | None) -> None:
        self.answers, self.after = answers, after
        self.connections, self.requests = 0, []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.requests.append(request)
            writer.write(self.answers[request.split()[1]])
            if self.after:
                await self.after(writer)
            await writer.drain()
        except OSError:
            pass  # the client has seen enough
        finally:
            writer.close()


@asynccontextmanager
async def serving(
    answers: dict[str, bytes], after: Callable[[asyncio.StreamWriter], Awaitable] | None = None
) -> AsyncIterator[tuple[str, Server]]:
    state = Server(answers, after)
    server = await asyncio.start_server(state.answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", state
    finally:
        server.close()


def http(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


async def fetched(url: str, rules: FetchRules = HERE, resolve: Callable = resolve) -> bytes:
    async with Fetcher(rules, resolve=resolve) as fetcher:
        return await fetcher.fetch(url)


async def failure(url: str, rules: FetchRules = HERE, resolve: Callable = resolve) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        await fetched(url, rules, resolve)
    return caught.value


def of_one_answer(answer: bytes, rules: FetchRules = HERE, after: Callable | None = None) -> FetchFailed:
    async def run() -> FetchFailed:
        async with serving({"/": answer}, after) as (url, _):
            return await failure(url, rules)

    return asyncio.run(run())


PRIVATE = """
    127.0.0.1 127.255.255.254 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 192.0.0.1
    192.0.0.9 192.0.0.10 168.63.129.16 ::ffff:168.63.129.16
    192.88.99.1 198.18.0.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
    :: ::1 fe80::1 fe80::1%1 fc00::1 fd00::1 fec0::1 ff02::1 2001:db8::1 3fff::1 100::1
    ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 2002:7f00:1:: 2002:a00:1:: 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe
    64:ff9b:1::1 2001:0:4136:e378:8000:63bf:3fff:fdd2
""".split()  # noqa: SIM905 - 35 strings in a list are harder to read


@pytest.mark.parametrize("address", PRIVATE)
def test_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"]
)
def test_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "127.1", "localhost", "[::ffff:127.0.0.1]", "0"]
)
def test_this_machine_is_refused_in_every_spelling_before_a_connection(host: str) -> None:
    async def run() -> tuple[FetchFailed, int]:
        async with serving({"/": http(b"secret")}) as (url, server):
            return await failure(url.replace("127.0.0.1", host), PUBLIC_ONLY), server.connections

    refused, connections = asyncio.run(run())
    assert refused.reason.startswith("refused:")
    assert refused.reason.endswith("which is not a public address")
    assert (refused.again, connections) == (False, 0)


@pytest.mark.parametrize("host", ["169.254.169.254", "[::1]", "[fe80::1]", "10.0.0.1", "[64:ff9b::a9fe:a9fe]"])
def test_other_private_addresses_are_refused(host: str) -> None:
    assert asyncio.run(failure(f"http://{host}/latest/meta-data", PUBLIC_ONLY)).reason.startswith("refused:")


@pytest.mark.parametrize("host", ["0177.0.0.1", "①②⑦.⓪.⓪.①"])
def test_octal_and_encircled_numbers_are_no_valid_urls(host: str) -> None:
    assert asyncio.run(failure(f"http://{host}/", PUBLIC_ONLY)).reason.startswith("refused: no valid URL")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///etc/passwd", 'refused: only http and https are fetched, not "file"'),
        ("ftp://example.com/a.jpg", 'refused: only http and https are fetched, not "ftp"'),
        ("gopher://127.0.0.1:6379/_INFO", 'refused: only http and https are fetched, not "gopher"'),
        ("picture.jpg", 'refused: only http and https are fetched, not ""'),
        ("http:///a.jpg", "refused: the URL names no host"),
        ("http://user:secret@example.com/", "refused: the URL holds a user name or a password"),
        ("http://example.com:99999/", "refused: no valid URL"),
        ("http://example.com/\r\nX: y", "refused: no valid URL"),
        (f"http://{'a' * 64}.example/", f"the name {'a' * 64}.example does not resolve"),  # a label has at most 63
    ],
)
def test_urls_that_are_refused_as_they_stand(url: str, reason: str) -> None:
    assert asyncio.run(failure(url, PUBLIC_ONLY)).reason.startswith(reason)


def test_a_name_that_leads_to_this_machine_is_refused() -> None:
    async def private(host: str, port: int) -> list[str]:
        return ["8.8.8.8", "127.0.0.1"]  # one public address does not make up for it

    refused = asyncio.run(failure("http://shop.example/a.jpg", PUBLIC_ONLY, private))
    assert refused.reason == "refused: shop.example leads to 127.0.0.1, which is not a public address"


def test_a_name_is_resolved_once_and_the_address_that_was_checked_is_used() -> None:
    """A second look at the name, which is where rebinding strikes, would fail here."""
    answers = [["127.0.0.1"]]

    async def once(host: str, port: int) -> list[str]:
        return answers.pop()

    async def run() -> tuple[bytes, list[str]]:
        async with serving({"/": http(b"picture")}) as (url, server):
            return await fetched(url.replace("127.0.0.1", "shop.example"), HERE, once), server.requests

    body, requests = asyncio.run(run())
    assert body == b"picture"
    assert "Host: shop.example:" in requests[0]


def test_a_name_that_is_private_only_the_second_time_is_refused_then() -> None:
    """127.0.0.1 stands for the public address; 127.0.0.2, where the same server listens too, for the private one."""
    rules = FetchRules(max_bytes=10_000, private_networks=[ip_network("127.0.0.1/32")])
    answers = [["127.0.0.2"], ["127.0.0.1"]]

    async def rebinding(host: str, port: int) -> list[str]:
        return answers.pop()

    async def run() -> tuple[FetchFailed, int]:
        async with serving({"/": http(status="302 Found", Location="/again")}) as (url, server):
            refused = await failure(url.replace("127.0.0.1", "shop.example"), rules, rebinding)
            return refused, server.connections

    refused, connections = asyncio.run(run())
    assert refused.reason == "refused: shop.example leads to 127.0.0.2, which is not a public address"
    assert connections == 1  # the redirect's


@pytest.mark.parametrize(
    "target", ["http://127.0.0.2:{port}/", "http://[::1]:{port}/", "http://169.254.169.254/", "//2130706434:{port}/"]
)
def test_a_redirect_to_a_private_address_is_refused_before_a_connection(target: str) -> None:
    rules = FetchRules(max_bytes=10_000, private_networks=[ip_network("127.0.0.1/32")])

    async def run() -> tuple[FetchFailed, int]:
        async with serving({}) as (url, server):
            location = target.format(port=url.rsplit(":", 1)[1])
            server.answers["/"] = http(status="302 Found", Location=location)
            return await failure(url, rules), server.connections

    refused, connections = asyncio.run(run())
    assert refused.reason.startswith("refused:")
    assert connections == 1  # the redirect's


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://u:p@127.0.0.1/", "http://127.0.0.1:99999/"])
def test_a_redirect_is_checked_like_any_url(location: str) -> None:
    assert of_one_answer(http(status="301 Moved", Location=location)).reason.startswith("refused:")


def test_redirects_are_followed_up_to_five() -> None:
    def hops(n: int) -> dict[str, bytes]:
        chain = {f"/{i}": http(status="302 Found", Location=f"/{i + 1}") for i in range(n)}
        return {**chain, f"/{n}": http(b"picture")}

    async def run(n: int) -> bytes:
        async with serving(hops(n)) as (url, _):
            return await fetched(f"{url}/0")

    assert asyncio.run(run(5)) == b"picture"
    with pytest.raises(FetchFailed, match="more than 5 redirects"):
        asyncio.run(run(6))


def test_a_redirect_without_a_location() -> None:
    assert of_one_answer(http(status="302 Found")).reason == "answered 302 Found without saying where to"


@pytest.mark.parametrize(
    ("host", "allowed"),
    [("m.shop.example", True), ("cdn.example", True), ("CDN.example", True), ("shop.example", False)],
)
def test_only_listed_hosts_where_there_is_a_list(host: str, allowed: bool) -> None:
    rules = FetchRules(
        max_bytes=10_000, hosts=["*.shop.example", "cdn.example"], private_networks=HERE.private_networks
    )

    async def here(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async def run() -> bytes:
        async with serving({"/": http(b"picture")}) as (url, _):
            return await fetched(url.replace("127.0.0.1", host), rules, here)

    if allowed:
        assert asyncio.run(run()) == b"picture"
    else:
        with pytest.raises(FetchFailed, match="is not among FETCH_HOSTS"):
            asyncio.run(run())


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async def run() -> bytes:
        async with serving({"/": http(b"picture")}) as (url, _):
            return await fetched(url)

    assert asyncio.run(run()) == b"picture"


def test_a_declared_size_over_the_limit_is_refused_unread() -> None:
    ten_gb = b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n"
    assert of_one_answer(ten_gb).reason == "10,000,000,000 bytes, more than 10,000"


def test_an_endless_stream_is_cut_at_the_limit() -> None:
    sent = []

    async def go_on(writer: asyncio.StreamWriter) -> None:
        for _ in range(10_000):  # 640 MB in all
            writer.write(b"\xff" * 64_000)
            await writer.drain()
            sent.append(64_000)

    assert of_one_answer(ENDLESS, after=go_on).reason == "more than 10,000 bytes"
    assert sum(sent) < 64_000_000  # what fits into the sockets' buffers, not the whole


def test_one_byte_now_and_then_ends_with_the_time() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"\xff")
            await writer.drain()
            await asyncio.sleep(0.02)

    rules = FetchRules(max_bytes=10_000, private_networks=HERE.private_networks, timeout_s=0.3)
    slow = of_one_answer(ENDLESS, rules, after=drip)
    assert (slow.reason, slow.again) == ("took longer than 0.3 s", True)


def test_compressed_bodies_are_not_unpacked() -> None:
    bomb = http(gzip.compress(b"\0" * 5_000_000), Content_Encoding="gzip")  # 5 kB, within the limit
    assert of_one_answer(bomb).reason == 'sent in the encoding "gzip", though asked for none'


@pytest.mark.parametrize(
    ("status", "again"),
    [("404 Not Found", False), ("410 Gone", False), ("403 Forbidden", False), ("204 No Content", False),
     ("429 Too Many Requests", True), ("500 Internal Server Error", True), ("503 Service Unavailable", True)],
)  # fmt: skip
def test_which_answers_are_worth_another_try(status: str, again: bool) -> None:
    failed = of_one_answer(http(status=status))
    assert (failed.reason, failed.again) == (f"answered {status}", again)


@pytest.mark.parametrize(
    ("header", "seconds"), [("120", 120), ("soon", 0), ("-5", 0), ("", 0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)]
)
def test_retry_after(header: str, seconds: float) -> None:
    assert of_one_answer(http(status="503 Busy", Retry_After=header)).after_s == seconds


def test_retry_after_a_date() -> None:
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert 3_500 < of_one_answer(http(status="429 Slow Down", Retry_After=in_an_hour)).after_s <= 3_600


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"\x16\x03\x01 no HTTP\r\n\r\n"]
)
def test_broken_answers_are_tried_again(answer: bytes) -> None:
    failed = of_one_answer(answer)
    assert failed.reason.startswith("127.0.0.1 did not answer in full")
    assert failed.again


def test_nobody_listens() -> None:
    assert asyncio.run(failure("http://127.0.0.1:9/")).again


def test_a_name_that_does_not_exist() -> None:
    failed = asyncio.run(failure("http://nowhere.invalid/"))
    assert failed.reason.startswith("the name nowhere.invalid does not resolve")


def test_no_cookie_is_kept() -> None:
    async def run() -> list[str]:
        async with serving({"/": http(b"picture", Set_Cookie="id=1")}) as (url, server), Fetcher(HERE) as fetcher:
            await fetcher.fetch(url)
            await fetcher.fetch(url)
            return server.requests

    assert "cookie" not in asyncio.run(run())[1].lower()
