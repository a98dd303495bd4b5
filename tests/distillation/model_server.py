"""A small model server that counts its calls."""

import asyncio
import json
import threading
from collections import Counter
from zlib import crc32

from aiohttp import web

from distillation.pipeline.trial import trial_pair

TRIAL = trial_pair().a.title  # what finds out what the server can do is no call of the run
LATENCY_S = 0.03


class ModelServer:
    """Speaks OpenAI's chat completions, slowly, and counts how often each question was asked."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.url = ""

    async def models(self, _: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "tiny"}]})

    async def chat(self, request: web.Request) -> web.Response:
        question = json.dumps((await request.json())["messages"])
        if TRIAL not in question:
            self.asked[question] += 1
        await asyncio.sleep(LATENCY_S)
        # Another answer to each question, so that each question to the filter is another one too.
        answer = f"Yes, they fit each other well, by rule {crc32(question.encode())}."
        choice = {"message": {"content": answer}, "finish_reason": "stop"}
        return web.json_response({"choices": [choice]})

    async def serve(self, started: threading.Event) -> None:
        routes = [web.get("/v1/models", self.models), web.post("/v1/chat/completions", self.chat)]
        site = web.Application()
        site.add_routes(routes)
        runner = web.AppRunner(site, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        started.set()
        await asyncio.Event().wait()
