"""A real Chromium on a live server; skipped with a reason where there is none."""

import asyncio
import os
import shutil
import threading
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from annotation.models import Study
from tests.annotation.builders import show_pictures, study

PATIENCE_MS = 60_000  # for states that come at once on a machine that has nothing else to do
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def chromium() -> str:
    # The one without windows takes less than half of the other's processor time.
    for name in (os.environ.get("CHROMIUM", ""), "chromium-headless-shell", "/usr/bin/chromium", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium here; install Debian's chromium-headless-shell, or name one in CHROMIUM")


@pytest.fixture(scope="session")
def chromium_once() -> Iterator[Browser]:
    """Each start of it and of Playwright's driver takes two seconds of a processor."""
    executable = chromium()
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def driving(chromium_once: Browser) -> Iterator[AbstractEventLoop]:
    """Playwright's loop counts as running in its thread, where other modules' tests run loops of their own."""
    loop = asyncio.get_running_loop()
    asyncio._set_running_loop(None)
    yield loop
    asyncio._set_running_loop(loop)


@pytest.fixture(scope="module")
def browser(chromium_once: Browser, driving: AbstractEventLoop) -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop runs in the thread that asks the ORM
        asyncio._set_running_loop(driving)
        yield chromium_once
        asyncio._set_running_loop(None)


def sign_in(page: Page, user: User) -> None:
    """By keyboard: the name gets the focus, a moment after the page is there."""
    expect(page.locator("[name=username]")).to_be_focused()
    page.keyboard.type(user.username)
    page.keyboard.press("Tab")
    expect(page.locator("[name=password]")).to_be_focused()
    page.keyboard.type("correct-horse")
    expect(page.locator("[name=password]")).to_have_value("correct-horse")
    page.keyboard.press("Enter")


def session(user: User) -> dict[str, str]:
    client = Client()
    client.force_login(user)
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}


def let_end(live_server: LiveServer, others: set[threading.Thread]) -> None:
    """Return when the server has answered all that the closed pages had asked, such as the item after the next.

    `others` were there before: servers of other tests may still wait for something."""
    with urlopen(f"{live_server.url}/healthz") as answer:  # comes in last: whoever knocked before is inside by now
        answer.read()
    for thread in set(threading.enumerate()) - others:
        if "process_request_thread" in thread.name:  # one a connection
            thread.join(timeout=30)
            assert not thread.is_alive(), "a page has been closed, but its connection to the server has not"


@pytest.fixture
def made(transactional_db: None) -> Study:
    made = study(items=4, overlap=2)
    show_pictures()
    return made


@pytest.fixture
def open_as(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., Page]]:
    """Open a page as somebody in a context of their own. At the end no page may have complained, of the CSP or else."""
    complaints, others = [], set(threading.enumerate())

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    def open_page(user: User, path: str, *, troubled: bool = False, by_form: bool = False, **options: object) -> Page:
        """`troubled`: requests are meant to fail, and the console will say so. `by_form`: sign in as people do."""
        context = browser.new_context(base_url=live_server.url, **options)
        if not by_form:
            context.add_cookies([session(user) | {"url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        if not troubled:
            page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        if by_form:
            sign_in(page, user)
        page.wait_for_url(live_server.url + path)  # the sign-in page has the path in its query
        return page

    yield open_page
    for context in browser.contexts:
        context.close()
    let_end(live_server, others)
    assert complaints == []
