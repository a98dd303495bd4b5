"""A server of the batch API for tests and measurements, over HTTP, with the faults that are met in the field: failed
lines, files that expire half done, answers out of order and twice, batches whose maker never hears of them."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zlib import crc32

from tests.distillation.odd_server import is_verdict, question

ENDED = ("completed", "expired", "cancelled")
Line = dict[str, Any]
Refusal = tuple[int, dict[str, Any]]


def answered(body: dict[str, Any], n: int = 1) -> dict[str, Any]:
    """Another text to each question, so that each question to the filter is another one, too."""
    asked = question(body)
    rule = f"by rule {crc32(json.dumps(body['messages']).encode())}"
    if is_verdict(body) or "Answer with one word only" in asked:
        text = f"Yes, they fit, {rule}."
    else:
        text = f"They both could be used on a trip, {rule}."
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    if body.get("logprobs"):
        tops = [{"token": "Yes", "logprob": -0.2}, {"token": "No", "logprob": -1.7}]
        choice["logprobs"] = {"content": [{"token": "Yes", "logprob": -0.2, "top_logprobs": tops}]}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 50}}
    return {"model": body["model"], "choices": [choice], "usage": usage}


class BatchServer:
    """`refuses` may fail a line; `expires`, `shuffles` and `repeats` say what becomes of the n-th batch; `heard` is
    called before an answer goes out, when all has happened that it tells of."""

    def __init__(self) -> None:
        self.url = ""
        self.lock = threading.Lock()
        self.files: dict[str, tuple[str, bytes]] = {}
        self.kept = 0
        self.batches: dict[str, dict[str, Any]] = {}
        self.refuses: Callable[[Line, int], Refusal | None] = lambda line, n: None
        self.answers: Callable[[dict[str, Any], int], dict[str, Any]] = answered
        self.expires: set[int] = set()
        self.refused_whole: dict[int, dict[str, str]] = {}
        self.repeats: set[int] = set()
        self.shuffles = True
        self.looks = 0  # at a batch, until it is answered
        self.lists = self.deletes = True
        self.models = ["m"]
        self.chats = False
        self.heard: Callable[[str, int], None] = lambda what, n: None
        self.counted: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()  # lines by their id
        self.random = random.Random(7)

    def tell(self, method: str, path: str, query: dict[str, list[str]], body: bytes, headers: Any) -> tuple[int, Any]:
        with self.lock:
            told = self._told(method, path.removeprefix("/v1/").split("/"), query, body, headers)
            what = f"{method} {path.split('/')[2]}{' content' if path.endswith('content') else ''}"
            self.counted[what] += 1
        self.heard(what, self.counted[what])
        return told

    def _told(self, method: str, path: list[str], query: dict, body: bytes, headers: Any) -> tuple[int, Any]:  # noqa: PLR0911
        match method, path:
            case "GET", ["models"]:
                return (200, {"data": [{"id": name} for name in self.models]}) if self.models else (404, {})
            case "POST", ["chat", "completions"] if self.chats:
                return 200, self.answers(json.loads(body), 0)
            case "POST", ["files"]:
                return 200, self._upload(body, headers)
            case "GET", ["files", id_, "content"]:
                return 200, self.files[id_][1]
            case "DELETE", ["files", id_]:
                gone = self.deletes and self.files.pop(id_, None)
                return (200, {"id": id_, "deleted": True}) if gone else (403, {"error": {"message": "Not yours"}})
            case "GET", ["files" | "batches" as kind] if self.lists or (kind == "batches" and not query):
                return 200, self._listed(kind, query)
            case "POST", ["batches"]:
                return 200, self._batch(json.loads(body))
            case "GET", ["batches", id_] if id_ in self.batches:
                return 200, self._looked_at(self.batches[id_])
            case "POST", ["batches", id_, "cancel"]:
                self.batches[id_]["looks"] = 0
                self.expires.add(self.batches[id_]["n"])
                return 200, self.batches[id_]
        return 404, {"error": {"message": f"Not found: {method} {path}"}}

    def _upload(self, body: bytes, headers: Any) -> dict[str, Any]:
        form = message_from_bytes(f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + body, policy=HTTP)
        parts = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
        assert parts["purpose"].get_content().strip() == "batch"
        return self._keep(parts["file"].get_filename(), parts["file"].get_payload(decode=True))

    def _keep(self, name: str, content: bytes) -> dict[str, Any]:
        self.kept += 1
        id_ = f"file-{self.kept}"
        self.files[id_] = name, content
        return {"id": id_, "object": "file", "filename": name}

    def _listed(self, kind: str, query: dict[str, list[str]]) -> dict[str, Any]:
        """Newest first, two a page."""
        rows = (
            list(self.batches.values())
            if kind == "batches"
            else [{"id": id_, "filename": name} for id_, (name, _) in self.files.items()]
        )[::-1]
        begin = 1 + next((i for i, row in enumerate(rows) if [row["id"]] == query.get("after")), -1)
        return {"data": rows[begin : begin + 2], "has_more": begin + 2 < len(rows)}

    def _batch(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert (asked["endpoint"], asked["completion_window"]) == ("/v1/chat/completions", "24h")
        n = len(self.batches) + 1
        batch = {"id": f"batch-{n}", "n": n, "status": "in_progress", "looks": self.looks, **asked}
        self.batches[batch["id"]] = batch
        return batch

    def _looked_at(self, batch: dict[str, Any]) -> dict[str, Any]:
        if batch["status"] == "in_progress" and batch["n"] in self.refused_whole:
            batch |= {"status": "failed", "errors": {"data": [self.refused_whole[batch["n"]]]}}
        elif batch["status"] == "in_progress" and batch["looks"] <= 0:
            self._run(batch)
        batch["looks"] -= 1
        return batch

    def _run(self, batch: dict[str, Any]) -> None:
        lines = [json.loads(line) for line in self.files[batch["input_file_id"]][1].splitlines()]
        assert len({line["custom_id"] for line in lines}) == len(lines), "an id stands twice in a file"
        expires = batch["n"] in self.expires
        good, bad = [], []
        for i, line in enumerate(lines):
            self.asked[line["custom_id"]] += 1
            if expires and i >= len(lines) // 2:
                bad.append(_failed(line, {"code": "batch_expired", "message": "The window of 24h is over."}))
            elif refused := self.refuses(line, self.asked[line["custom_id"]]):
                bad.append(_line(line, *refused))
            else:
                good.append(_line(line, 200, self.answers(line["body"], self.asked[line["custom_id"]])))
        if batch["n"] in self.repeats:
            good, bad = good * 2, bad * 2
        if self.shuffles:
            self.random.shuffle(good)
        batch["status"] = "expired" if expires else "completed"
        batch["request_counts"] = {"total": len(lines), "completed": len(good), "failed": len(bad)}
        for name, rows in (("output_file_id", good), ("error_file_id", bad)):
            if rows:
                batch[name] = self._keep(name, "".join(json.dumps(row) + "\n" for row in rows).encode())["id"]


def _line(line: Line, status: int, body: dict[str, Any]) -> Line:
    answer = {"status_code": status, "request_id": "r", "body": body}
    return {"id": "x", "custom_id": line["custom_id"], "response": answer, "error": None}


def _failed(line: Line, error: dict[str, str]) -> Line:
    return {"id": "x", "custom_id": line["custom_id"], "response": None, "error": error}


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked was killed."""


@contextmanager
def batch_serving() -> Iterator[BatchServer]:
    batches = BatchServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *words: object) -> None:
            pass

        def do_GET(self) -> None:
            self.tell(b"")

        def do_POST(self) -> None:
            self.tell(self.rfile.read(int(self.headers["Content-Length"])))

        def do_DELETE(self) -> None:
            self.tell(b"")

        def tell(self, body: bytes) -> None:
            url = urlsplit(self.path)
            status, content = batches.tell(self.command, url.path, parse_qs(url.query), body, self.headers)
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = Server(("127.0.0.1", 0), Handler)
    batches.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()  # seconds until it sees its end
    try:
        yield batches
    finally:
        server.shutdown()
        server.server_close()
