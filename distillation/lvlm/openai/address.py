"""Addresses of model servers, as people give them and as calls need them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit

VERSION = re.compile(r"v\d+\w*")
ENDINGS = ("/chat/completions", "/completions", "/models")  # pasted from a provider's example
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


def refuse_unlisted(url: str, hosts: Sequence[str]) -> None:
    """`hosts` are names or *.suffix; none: every one, save link-local addresses, which lead to a cloud's own secrets.

    Raises ValueError."""
    host = urlsplit(url_and_limit(url, 1)[0].base).hostname or ""
    if hosts and not any(host.endswith(one[1:].lower()) if one[:1] == "*" else host == one.lower() for one in hosts):
        raise ValueError(f"{host} is not among the model servers that the operator allows (LVLM_HOSTS): ask there.")
    if not hosts and _is_link_local(host):
        raise ValueError(f"{host} is a link-local address: give the model server's own, or list it in LVLM_HOSTS.")


def _is_link_local(host: str) -> bool:
    try:
        return ip_address(host).is_link_local
    except ValueError:
        return False
