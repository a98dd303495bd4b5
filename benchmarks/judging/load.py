"""Annotators without think time against the web server, and that server."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


PORT = _free_port()  # of this measurement: another may run beside it


@dataclass
class Load:
    at: str = f"127.0.0.1:{PORT}"
    acknowledged: list[str] = field(default_factory=list)  # submissions that were answered with the reveal
    judged: int = 0
    times: dict[str, list[float]] = field(default_factory=lambda: {"ratings": [], "next": []})
    errors: Counter = field(default_factory=Counter)
    longest: dict[int, float] = field(default_factory=dict)  # seconds until an answer other than 200, by its status


def sessions(study, users) -> list[str]:
    """A signed-in session key for each user."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: PLC0415

    from accounts.sessions import SessionStore  # noqa: PLC0415

    keys = []
    for user in users:
        store = SessionStore()
        store[SESSION_KEY] = str(user.pk)
        store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
        store.create()
        keys.append(store.session_key)
    return keys


def web_server() -> subprocess.Popen:
    from mindsite.serving import web_command  # noqa: PLC0415

    return subprocess.Popen(web_command(PORT), start_new_session=True)


async def annotate(
    load: Load, study_id: int, session_key: str, until: float, patient: bool, *, pause: float = 0.0
) -> None:
    """One annotator: rate, audit, rate …; what is not acknowledged is sent again with the same submission."""
    import aiohttp  # noqa: PLC0415

    token = "t" * 32
    headers = {"HX-Request": "true", "X-CSRFToken": token, "Cookie": f"sessionid={session_key}; csrftoken={token}"}
    base = f"http://{load.at}/judge/{study_id}/"

    async def ask(method: str, path: str, kind: str = "", **data) -> str:
        while True:
            start = time.perf_counter()
            try:
                async with client.request(method, base + path, data=data or None) as answer:
                    text = await answer.text()
                    if answer.status == 200:
                        if kind:
                            load.times[kind].append(time.perf_counter() - start)
                        return text
                    load.errors[answer.status] += 1
                    took = time.perf_counter() - start
                    load.longest[answer.status] = max(took, load.longest.get(answer.status, 0.0))
                    if answer.status == 409:
                        return text
            except (aiohttp.ClientError, OSError):
                load.errors["connection"] += 1
            if not patient and time.perf_counter() > until:
                return ""
            await asyncio.sleep(0.05)

    async with aiohttp.ClientSession(headers=headers) as client:
        page = await ask("GET", "?start=1")
        while time.perf_counter() < until:
            item, submission, version = (
                re.search(rf'name="{name}" value="([^"]+)"', page) for name in ("item", "submission", "version")
            )
            if not item:
                reveal = re.search(r'name="judgment" value="(\d+)"', page)
                if not reveal:
                    return
            else:
                form = {"item": item[1], "submission": submission[1], "plausibility": "1", "typicality": "2"}
                form |= {"version": version[1]} if version else {}
                page = await ask("POST", "save", "ratings", **form)
                reveal = re.search(r'name="judgment" value="(\d+)"', page)
                if reveal:
                    load.acknowledged.append(submission[1])
                    load.judged += 1
                else:
                    continue
            page = await ask("POST", "audit", "next", judgment=reveal[1], answer="right")
            await asyncio.sleep(pause)


async def crowd(
    load: Load, study_id: int, keys: list[str], seconds: float, patient: bool = False, *, pause: float = 0.0
) -> None:
    until = time.perf_counter() + seconds
    await asyncio.gather(*(annotate(load, study_id, key, until, patient, pause=pause) for key in keys))


def wait_for_web() -> None:
    import urllib.request  # noqa: PLC0415

    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/accounts/login/", timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("The web server does not answer")


def end(server: subprocess.Popen) -> None:
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
