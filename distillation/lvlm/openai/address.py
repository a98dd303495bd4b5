"""Addresses of model servers, as people give them and as calls need them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, urlsplit

VERSION = re.compile(r"v\d+\w*")
ENDINGS = ("/chat/completions", "/completions", "/models")  # pasted from a provider's example
HOST = re.compile(r"(?P<name>\[.*\]|.*?)(?::(?P<port>\d+))?", re.DOTALL)
PORTS = {"http": 80, "https": 443}
# Amazon's and Google's, Azure's, Oracle's, Alibaba's: no model server is there, and whoever asks is given keys.
METADATA = {*map(ip_address, ("fd00:ec2::254", "168.63.129.16", "192.0.0.192", "100.100.100.200"))}
METADATA_NAMES = {"metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"}
SECRET = re.compile(r"key|token|secret|password|signature|sig$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    base: str
    query: str = ""

    def to(self, path: str) -> str:
        """`path` may have a query of its own."""
        between = "&" if "?" in path else "?"
        return f"{self.base}/{path}{between}{self.query}" if self.query else f"{self.base}/{path}"

    def __str__(self) -> str:
        return f"{self.base}?{self.query}" if self.query else self.base


def endpoint(url: str) -> Address:
    """A base URL with or without its version, with a query or none. Raises ValueError, in one line without secrets."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"Base URL {parts.scheme}://{parts.hostname or ''} is no http or https URL: correct it.")
    secrets = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True) if SECRET.search(name)]
    if parts.username or parts.password or secrets or parts.fragment:
        raise ValueError(f"Base URL of {parts.hostname} holds a password or key: give the API key on its own.")
    return Address(f"{parts.scheme}://{parts.netloc}{_versioned(parts.path)}", parts.query)


def _versioned(path: str) -> str:
    """With /v1 where no other version stands in the path; Azure's deployments have theirs in the query."""
    path = path.rstrip("/")
    for ending in ENDINGS:
        path = path.removesuffix(ending)
    segments = path.split("/")
    return path if "deployments" in segments or any(map(VERSION.fullmatch, segments)) else f"{path}/v1"


def url_and_limit(text: str, default: int) -> tuple[Address, int]:
    """`URL,N`: a server's URL, and how many calls it may have in flight."""
    url, comma, limit = text.rpartition(",")
    if not comma:
        return endpoint(text), default
    if not limit.strip().isdecimal() or int(limit) < 1:
        raise ValueError(f"Base URL {endpoint(url)} has {limit!r} calls in flight: give a number of at least 1.")
    return endpoint(url), int(limit)


def refuse_unlisted(url: str, hosts: Sequence[str] | None) -> None:
    """`hosts` are names or *.suffix, with a port or for all of them; None: every one, for who is at the machine itself.

    Where a cloud keeps its own secrets nobody may go. Raises ValueError."""
    address = urlsplit(url_and_limit(url, 1)[0].base)
    host = address.hostname or ""
    if leads_to_secrets(host):
        raise ValueError(f"{host} is a link-local or metadata address: give the model server's own.")
    if hosts is not None and not any(_is_listed(address, one) for one in hosts):
        raise ValueError(f"{host} is not among the model servers that the operator allows (LVLM_HOSTS): ask there.")


def leads_to_secrets(host: str) -> bool:
    """Of an address or a name; what a name that is none of these leads to shows when it is looked up."""
    try:
        ip = ip_address(host.partition("%")[0])
    except ValueError:
        return host.rstrip(".").lower() in METADATA_NAMES
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return ip.is_link_local or ip in METADATA


def key_of(url: str, key: str, own: Mapping[str, str]) -> str:
    """The key that goes to a server: its own where one is bound to it, else the one for all."""
    address = urlsplit(url)
    return next((each for host, each in own.items() if _is_listed(address, host)), key)


def _is_listed(address: SplitResult, listed: str) -> bool:
    name, port = HOST.fullmatch(listed.strip().lower()).group("name", "port")  # type: ignore[union-attr]  # fits anything
    host = address.hostname or ""
    named = host.endswith(name[1:]) if name[:1] == "*" else host == name.strip("[]")
    return named and (port is None or int(port) == (address.port or PORTS[address.scheme]))
