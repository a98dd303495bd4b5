"""A request as WSGI has it (PEP 3333)."""

import sys
from collections.abc import Iterable
from typing import Any, Protocol

Environ = dict[str, Any]


class Headers(Protocol):
    def items(self) -> Iterable[tuple[str, str]]: ...


class Scope(Protocol):
    """What granian's RSGI tells of a request (spec 1.5)."""

    method: str
    path: str
    query_string: str
    scheme: str
    client: str
    server: str
    http_version: str
    authority: str | None
    headers: Headers


def environ_of(scope: Scope) -> Environ:
    """Without the body."""
    name, _, port = scope.server.rpartition(":")
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": name,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    if scope.authority:
        environ["HTTP_HOST"] = scope.authority
    for header, value in scope.headers.items():
        _add(environ, header, value)
    return environ


def _add(environ: Environ, header: str, value: str) -> None:
    if "_" in header:
        return  # it would read as another one with a hyphen, which a proxy has set
    key = header.upper().replace("-", "_")
    if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        key = f"HTTP_{key}"
    if key in environ and key != "HTTP_HOST":
        environ[key] += ("; " if key == "HTTP_COOKIE" else ",") + value
    else:
        environ[key] = value
