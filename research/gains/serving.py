"""The base and its adapters, served under their names for as long as they are asked."""

import json
import shlex
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from distillation.lvlm.openai.address import url_and_limit
from research.gains.refusals import GainRefused
from research.trainings.trainer.spec import served_rank

READY_WITHIN_S = 1_800  # a large base is read from disk, and compiled


def serve_command(base: str, adapters: Mapping[str, Path], rank: int, port: int) -> list[str]:
    """The base answers under its own name, as it was given."""
    return [
        *shlex.split(settings.VLLM_COMMAND), "serve", base, "--host", "127.0.0.1", "--port", str(port),
        "--enable-lora", "--max-lora-rank", str(served_rank(rank)), "--max-loras", str(max(1, min(len(adapters), 8))),
        "--lora-modules", *(f"{name}={path}" for name, path in adapters.items()),
        *shlex.split(settings.VLLM_ARGUMENTS),
    ]  # fmt: skip


@contextmanager
def served(base: str, adapters: Mapping[str, Path], rank: int, log: Path) -> Iterator[str]:
    """The server's URL; it is ended with the block, and with the process that opened it. Raises GainRefused."""
    port = _free_port()
    command = [sys.executable, "-m", "research.gains.leash", *serve_command(base, adapters, rank, port)]
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603
            command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _until_ready(process, url, log)
        yield f"{url}/v1"
    finally:
        if process.stdin:
            process.stdin.close()
        process.wait()


def _until_ready(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise GainRefused(
                f"The model server ended before it was ready (its log: {log}); VLLM_COMMAND names the vllm to start "
                f"(now {settings.VLLM_COMMAND!r}), or give --base-url to a server that runs already"
            )
        try:
            urllib.request.urlopen(f"{url}/health", timeout=5).close()  # noqa: S310 - our own
            return
        except OSError:
            time.sleep(0.5)
    raise GainRefused(f"The model server was not ready after {READY_WITHIN_S // 60} minutes (its log: {log})")


def address_check(url: str) -> None:
    """Raises GainRefused where a server is named by what is no address: not after hours of training."""
    try:
        if url:
            url_and_limit(url, 1)
    except ValueError as error:
        raise GainRefused(f"--base-url: {error}") from error


def names_check(url: str, names: list[str], line: str) -> None:
    """Raises GainRefused where the server does not answer under each name: asked for an adapter it would answer as
    something else, or not at all."""
    there = names_served(url)
    if missing := [name for name in names if name not in there]:
        raise GainRefused(
            f"{url} serves {', '.join(sorted(there)) or 'nothing'}, not {', '.join(missing)}: start it so, then give "
            f"the same command again: {line}"
        )


def names_served(url: str) -> set[str]:
    try:
        address = url_and_limit(url, 1)[0].to("models")
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - http or https, it was checked
            return {each["id"] for each in json.load(answer)["data"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GainRefused(f"--base-url {url}: it can't be asked what it serves ({error})") from error


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
