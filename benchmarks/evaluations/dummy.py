"""A model server of known answers: python -m benchmarks.evaluations.dummy PORT DELAY_MS FAULTS

What it says depends on the prompt alone, so that anybody can work out which letters it chose, and by which rules.
"""

import asyncio
import hashlib
import re
import sys

from aiohttp import web

LETTERS = re.compile(r"Answer ([A-E](?: or [A-E])*) only")
# What it says of a letter; what the official parser makes of that (None: the letter, "": nothing); what it means.
ZERO_SHOT = (("{}", None, True), ("{}. because", None, True), ("Answer: {}", "A", True), ("({})", "", True),
             ("I can't tell.", "", False))  # fmt: skip
COT = (("Step 1: They fit.\nStep 2: {}", None, True), ("Step 1: They fit.\nStep 2: Answer: {}", "A", True),
       ("Step 1: so.\n**Step 2:** {}", "", True), ("They fit well, as all would say", "", False))  # fmt: skip


def unit(*words: object) -> float:
    return int.from_bytes(hashlib.sha256("|".join(map(str, words)).encode()).digest()[:6]) / 2**48


def said(prompt: str) -> tuple[str, str, str]:
    """(the reply, the letter by the official rules, the letter that is meant); empty: none."""
    letters = LETTERS.findall(prompt)[-1].split(" or ")
    letter = letters[int(unit("letter", prompt) * len(letters))]
    forms = COT if "Step 1" in prompt else ZERO_SHOT
    form, official, means = forms[int(unit("form", prompt) * len(forms))]
    return form.format(letter), letter if official is None else official, letter if means else ""


def app(delay_s: float, faults: float) -> web.Application:
    tries: dict[str, int] = {}

    async def chat(request: web.Request) -> web.Response:
        body = await request.json()
        prompt = body["messages"][-1]["content"]
        tries[prompt] = tries.get(prompt, 0) + 1
        await asyncio.sleep(delay_s)
        if unit("fault", prompt, tries[prompt]) < faults:
            return web.json_response({"error": {"message": "a fault of the moment"}}, status=500)
        choice = {"message": {"role": "assistant", "content": said(prompt)[0]}, "finish_reason": "stop"}
        n = len(prompt) // 4
        usage = {"prompt_tokens": n, "completion_tokens": 3, "total_tokens": n + 3}
        head = {"id": "dummy", "object": "chat.completion", "created": 0, "model": "dummy"}
        return web.json_response({**head, "choices": [{"index": 0, **choice}], "usage": usage})

    async def models(request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "dummy"}]})

    made = web.Application()
    made.add_routes([web.post("/v1/chat/completions", chat), web.get("/v1/models", models)])
    return made


if __name__ == "__main__":
    port, delay_ms, share = sys.argv[1:4]
    made = app(float(delay_ms) / 1000, float(share))
    web.run_app(made, host="127.0.0.1", port=int(port), print=None, access_log=None)
