"""The batch API: a file goes up, a batch is made of it, files of answers and of errors come down."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import aiohttp
import orjson

from distillation.lvlm.base import BackendAway, Busy, Unfit
from distillation.lvlm.batch.lines import ENDPOINT, MOST_LINE, split_lines
from distillation.lvlm.batch.sender import Look, Sending, Stage
from distillation.lvlm.openai.link import SHOWN, Answer, Link, Refused
from distillation.lvlm.openai.refusals import Refusal
from distillation.lvlm.openai.servers import Server
from distillation.lvlm.openai.stops import named_model, stop

log = logging.getLogger(__name__)

KEY = "mindsite"  # of a batch's metadata
WINDOW = "24h"
PAGE, PAGES = 100, 50
ENDED = ("completed", "expired", "cancelled")
AWAY = (408, 409, 425, 429)
CROWDED = ("token_limit_exceeded", "rate_limit_exceeded", "too_many_batches")


class BatchApi:
    def __init__(self, server: Server, link: Link) -> None:
        self._server, self._link = server, link
        self.where = server.url

    async def check(self, model: str) -> str:
        model = named_model(self.where, model, await self.models())
        answer = await self._link.call(self._server, "GET", "batches")
        if answer.status in (404, 405, 501):
            raise Unfit(f"{self.where} runs no batches ({answer.status}): use --backend openai there.")
        self._read(answer)
        return model

    async def models(self) -> list[str] | None:
        return await self._link.models(self._server)

    async def upload(self, sending: Sending) -> str:
        name = f"mindsite-{sending.key}.jsonl"
        if sending.tried and (found := await self._find("files", lambda file: file.get("filename") == name)):
            return str(found["id"])
        with sending.path.open("rb") as file:
            form = aiohttp.FormData({"purpose": "batch"})
            form.add_field("file", file, filename=name, content_type="application/jsonl")
            uploaded = self._read(await self._link.call(self._server, "POST", "files", form()))
        return str(uploaded["id"])

    async def send(self, sending: Sending) -> str:
        def is_this(batch: Mapping[str, Any]) -> bool:
            metadata = batch.get("metadata") or {}
            return metadata.get(KEY) == sending.key or batch.get("input_file_id") == sending.file_id

        if sending.tried and (found := await self._find("batches", is_this)):
            return str(found["id"])
        asked = {
            "input_file_id": sending.file_id, "endpoint": ENDPOINT, "completion_window": WINDOW,
            "metadata": {KEY: sending.key, "run": sending.run},
        }  # fmt: skip
        return str(self._read(await self._link.call(self._server, "POST", "batches", orjson.dumps(asked)))["id"])

    async def look(self, batch_id: str) -> Look:
        answer = await self._link.call(self._server, "GET", f"batches/{batch_id}")
        if answer.status == 404:
            return Look(Stage.GONE, self._link.refusal(answer).words[:SHOWN])
        batch = self._read(answer)
        counts, status = batch.get("request_counts") or {}, batch.get("status")
        answered = int(counts.get("completed") or 0) + int(counts.get("failed") or 0)
        if status == "failed":
            return self._refused_whole(batch)
        outputs = tuple(str(batch[name]) for name in ("output_file_id", "error_file_id") if batch.get(name))
        return Look(Stage.ENDED if status in ENDED else Stage.RUNNING, str(status), answered, outputs)

    def _refused_whole(self, batch: Mapping[str, Any]) -> Look:
        """By the words of its first error: come again later, or never."""
        errors = (batch.get("errors") or {}).get("data") or [{}]
        code, words = str(errors[0].get("code") or ""), self._link.without_key(str(errors[0].get("message") or ""))
        if code in CROWDED:
            return Look(Stage.CROWDED, words[:SHOWN])
        why = stop(self.where, Refusal(400, words, code=code), {})
        told = f"{self.where} refuses the whole batch ({code or 'failed'}: {words[:SHOWN]})"
        return Look(Stage.REFUSED, str(why or f"{told}: mend that, then resume the run."))

    async def lines(self, outputs: tuple[str, ...], most: int) -> AsyncIterator[bytes]:
        for output in outputs:
            try:
                content = self._link.stream(self._server, f"files/{output}/content", most * MOST_LINE)
                async for line in split_lines(content):
                    most -= 1
                    if most < 0:
                        raise Unfit(f"{self.where} gives more answers than it was asked for ({output}): look into it.")
                    yield line
            except Refused as refused:
                raise self._problem(refused.told, refused.headers) from None

    async def cancel(self, batch_id: str) -> None:
        await self._link.call(self._server, "POST", f"batches/{batch_id}/cancel", b"{}")

    async def delete(self, names: Sequence[str]) -> None:
        for name in names:
            try:
                answer = await self._link.call(self._server, "DELETE", f"files/{name}")
            except BackendAway as error:
                log.warning("File %s stays at %s: %s", name, self.where, error)
                continue
            if answer.status not in (200, 202, 204, 404):
                told = self._link.refusal(answer)
                log.warning("File %s stays at %s: %s: %s", name, self.where, told.status, told.words[:SHOWN])

    async def _find(self, kind: str, wanted: Any) -> Mapping[str, Any] | None:
        """Newest first, as far as it lists them; None where it does not."""
        after = ""
        for _ in range(PAGES):
            query = f"{kind}?limit={PAGE}" + (f"&after={after}" if after else "")
            answer = await self._link.call(self._server, "GET", query)
            if answer.status in (404, 405, 501):
                return None
            page = self._read(answer)
            listed = page.get("data") or []
            for each in listed:
                if wanted(each):
                    return dict(each)
            if not listed or not page.get("has_more"):
                return None
            after = str(listed[-1]["id"])
        return None

    def _read(self, answer: Answer) -> Mapping[str, Any]:
        if answer.status not in (200, 201):
            raise self._problem(self._link.refusal(answer), answer.headers)
        try:
            told = orjson.loads(answer.content)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            said = self._link.without_key(str(answer.content[:80]))
            raise BackendAway(f"{self.where} answers with no JSON object ({said}): correct the URL.")
        return told

    def _problem(self, told: Refusal, headers: Mapping[str, str]) -> Exception:
        words = f"{told.status}: {told.words[:SHOWN]}"
        if why := stop(self.where, told, headers):
            return why
        if told.status in AWAY or told.status >= 500:
            return Busy(f"{self.where} takes no batch now ({words}).")
        return Unfit(f"{self.where} refuses a batch ({words}): mend that, then resume the run.")
