"""An OpenAI-compatible server that answers every question after 40 ms: slow_model.py PORT [HOST]"""

import asyncio
import sys
from zlib import crc32

from aiohttp import web


async def chat(request: web.Request) -> web.Response:
    question = await request.read()
    await asyncio.sleep(0.04)
    choice = {"message": {"content": f"Yes, they fit each other, by rule {crc32(question)}."}, "finish_reason": "stop"}
    return web.json_response({"choices": [choice]})


async def models(_: web.Request) -> web.Response:
    return web.json_response({"data": [{"id": "slow"}]})


site = web.Application(client_max_size=64 * 1024**2)
site.add_routes([web.get("/v1/models", models), web.post("/v1/chat/completions", chat)])
web.run_app(site, host=[*sys.argv, "127.0.0.1"][2], port=int(sys.argv[1]), print=None)
