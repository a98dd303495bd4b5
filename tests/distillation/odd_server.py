"""A model server for tests that answers as it is told to, and can turn into another one in mid-run."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FEATURE = "A small brown leather item with a smooth surface."
INTENTION = "They could be used for going on a short trip together."
REASON = "Because I would take both along on a trip."
Told = tuple[int, Any, Mapping[str, str]]
Manner = Callable[[dict[str, Any], int], Told]


def completion(content: Any, finish: str | None = "stop", *, model: str = "m", logprobs: Any = None, **message) -> Told:
    choice = {"message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}
    if logprobs is not None:
        choice["logprobs"] = logprobs
    return 200, {"model": model, "choices": [choice]}, {}


def refused(status: int, words: str, **more: str) -> Told:
    return status, {"error": {"message": words, **more}}, {}


def question(body: dict[str, Any]) -> str:
    """The last text of the request."""
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else [part["text"] for part in content if part["type"] == "text"][-1]


def answer(body: dict[str, Any]) -> str:
    asked = question(body)
    if "Answer with one word only" in asked:
        return "Yes"
    if "Imagine that you are the customer" in asked:
        return f"Yes, {REASON.lower()}"
    return f"They bought both because {INTENTION.lower()}" if "They bought both" in asked else FEATURE


def is_verdict(body: dict[str, Any]) -> bool:
    return "Imagine that you are the customer" in question(body)


def images(body: dict[str, Any]) -> list[dict[str, Any]]:
    content = body["messages"][-1]["content"]
    return [] if isinstance(content, str) else [part for part in content if part["type"] == "image_url"]


def plain(body: dict[str, Any], n: int) -> Told:
    return completion(answer(body))


def turning(after: int, into: Manner, before: Manner = plain) -> Manner:
    return lambda body, n: (before if n <= after else into)(body, n)


def serves(*models: str) -> Told:
    return 200, {"data": [{"id": name} for name in models]}, {}


class OddServer:
    def __init__(self) -> None:
        self.manner: Manner = plain
        self.models: Callable[[int], Told] = lambda n: serves("m")
        self.url = ""
        self.calls: list[dict[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.paths: list[str] = []
        self.lock = threading.Lock()

    def told(self, path: str, body: dict[str, Any] | None, headers: Mapping[str, str]) -> Told:
        with self.lock:
            self.paths.append(path)
            if body is None:
                return self.models(len(self.calls))
            self.calls.append(body)
            self.headers.append(headers)
            return self.manner(body, len(self.calls))


@contextmanager
def serving(manner: Manner = plain, latency_s: float = 0, port: int = 0) -> Iterator[OddServer]:
    odd = OddServer()
    odd.manner = manner

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *words: object) -> None:
            pass

        def do_GET(self) -> None:
            self.tell(odd.told(self.path, None, self.headers))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told = odd.told(self.path, body, self.headers)
            time.sleep(latency_s)
            self.tell(told)

        def tell(self, told: Told) -> None:
            status, content, headers = told
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    odd.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()  # seconds until it sees its end
    try:
        yield odd
    finally:
        server.shutdown()
        server.server_close()
