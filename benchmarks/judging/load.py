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

import aiohttp


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


class Annotator:
    """Rates, audits, rates …; what is not acknowledged is sent again with the same submission."""

    def __init__(self, client: aiohttp.ClientSession, load: Load, study_id: int, until: float, patient: bool) -> None:
        self.client, self.load, self.until, self.patient = client, load, until, patient
        self.base = f"http://{load.at}/judge/{study_id}/"

    async def judge(self, pause: float) -> None:
        page = await self._ask("GET", "?start=1")
        while time.perf_counter() < self.until:
            if item := _field(page, "item"):
                submission, version = _field(page, "submission"), _field(page, "version")
                form = {"item": item, "submission": submission, "plausibility": "1", "typicality": "2"}
                page = await self._ask("POST", "save", "ratings", **form | ({"version": version} if version else {}))
                if not (judgment := _field(page, "judgment", r"\d+")):
                    continue
                self.load.acknowledged.append(submission)
                self.load.judged += 1
            elif not (judgment := _field(page, "judgment", r"\d+")):
                return
            page = await self._ask("POST", "audit", "next", judgment=judgment, answer="right")
            await asyncio.sleep(pause)

    async def _ask(self, method: str, path: str, kind: str = "", **data: str) -> str:
        while True:
            start = time.perf_counter()
            try:
                async with self.client.request(method, self.base + path, data=data or None) as answer:
                    text = await answer.text()
                self._count(answer.status, kind, time.perf_counter() - start)
                if answer.status in (200, 409):
                    return text
            except (aiohttp.ClientError, OSError):
                self.load.errors["connection"] += 1
            if not self.patient and time.perf_counter() > self.until:
                return ""
            await asyncio.sleep(0.05)

    def _count(self, status: int, kind: str, took: float) -> None:
        if status != 200:
            self.load.errors[status] += 1
            self.load.longest[status] = max(took, self.load.longest.get(status, 0.0))
        elif kind:
            self.load.times[kind].append(took)


def _field(page: str, name: str, value: str = '[^"]+') -> str:
    found = re.search(rf'name="{name}" value="({value})"', page)
    return found[1] if found else ""


async def annotate(
    load: Load, study_id: int, session_key: str, until: float, patient: bool, *, pause: float = 0.0
) -> None:
    token = "t" * 32
    headers = {"HX-Request": "true", "X-CSRFToken": token, "Cookie": f"sessionid={session_key}; csrftoken={token}"}
    async with aiohttp.ClientSession(headers=headers) as client:
        await Annotator(client, load, study_id, until, patient).judge(pause)


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
