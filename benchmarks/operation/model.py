"""A model server that writes down what it has answered: python model.py PORT FILE SECONDS

A line in FILE for each answer, as it is sent: the time, and the question's digest. A kill loses none of them.
"""

import asyncio
import os
import sys
import time
from hashlib import sha256

from aiohttp import web


def site(file: str, seconds: float) -> web.Application:
    told = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    async def chat(request: web.Request) -> web.Response:
        digest = sha256(await request.read()).hexdigest()[:24]
        await asyncio.sleep(seconds)
        os.write(told, f"{time.time():.3f} {digest}\n".encode())
        said = f"Yes, they fit each other on a longer walk, as rule {digest[:8]} says."
        return web.json_response({"choices": [{"message": {"content": said}, "finish_reason": "stop"}]})

    async def models(_: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "slow"}]})

    made = web.Application(client_max_size=64 * 1024**2)
    made.add_routes([web.get("/v1/models", models), web.post("/v1/chat/completions", chat)])
    return made


if __name__ == "__main__":
    web.run_app(site(sys.argv[2], float(sys.argv[3])), host="127.0.0.1", port=int(sys.argv[1]), print=None)
