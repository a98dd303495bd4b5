"""Single sign-on against a real provider (npm's oidc-provider), in a real browser; skipped where it is not there."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Identity, User
from tests.browser.conftest import browser, chromium_once, driving, let_end  # noqa: F401 - the fixtures

FOLDER = os.environ.get("OIDC_PROVIDER", "")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not (FOLDER and shutil.which("node")),
        reason="OIDC_PROVIDER names no folder with npm's oidc-provider",
    ),
]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def provider(live_server: LiveServer, settings: object) -> Iterator[str]:
    port = free_port()
    script = Path(__file__).with_name("provider.mjs")
    running = subprocess.Popen(
        ["node", script, FOLDER, str(port), live_server.url], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert running.stdout and running.stdout.readline() == b"listening\n"
    settings.OIDC_ISSUER, settings.OIDC_NAME = f"http://127.0.0.1:{port}", "the lab"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "mindsite", "not-a-secret"
    settings.OIDC_ROLE_CLAIM = settings.OIDC_GROUPS_CLAIM = "groups"
    settings.OIDC_ROLES, settings.OIDC_ROLE_OTHERWISE = {"lab": "researcher", "team": "annotator"}, ""
    rules = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"] | {"form-action": ["'self'", settings.OIDC_ISSUER]}
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": rules}
    yield settings.OIDC_ISSUER
    running.terminate()
    running.wait(timeout=10)


@pytest.fixture
def page(provider: str, live_server: LiveServer, browser: Browser) -> Iterator[Page]:  # noqa: F811
    context = browser.new_context(base_url=live_server.url)
    yield context.new_page()
    context.close()
    let_end(live_server, set())


def come(page: Page, name: str, address: str = "/accounts/login/") -> None:
    page.goto(address)
    page.get_by_role("link", name="Sign in by the lab").click()
    page.locator("[name=login]").fill(name)
    page.locator("[name=password]").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def leave(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Yes, sign me out").click()


def test_role_and_groups_come_by_claim_and_signing_out_ends_both(page: Page, live_server: LiveServer) -> None:
    Group.objects.create(name="lab")
    come(page, "rosa")
    expect(page.get_by_role("heading", name="Studies")).to_be_visible()  # the start page of researchers
    rosa = User.objects.get(username="rosa")
    assert (rosa.role, rosa.email, rosa.has_usable_password()) == ("researcher", "rosa@example.org", False)
    assert list(rosa.groups.values_list("name", flat=True)) == ["lab"]
    leave(page)
    expect(page.get_by_role("link", name="Sign in by the lab")).to_be_visible()
    page.goto("/studies/")
    page.get_by_role("link", name="Sign in by the lab").click()
    expect(page.locator("[name=login]")).to_be_visible()  # the provider asks again
    assert page.url.startswith("http://127.0.0.1")


def test_role_and_account_are_read_anew_each_time(page: Page) -> None:
    come(page, "anna")
    expect(page.get_by_role("heading", name="Judge")).to_be_visible()
    leave(page)
    anna = User.objects.get(username="anna")
    assert (anna.role, anna.email) == ("annotator", "")  # the provider does not say that the address is theirs
    User.objects.filter(pk=anna.pk).update(role="researcher")
    come(page, "anna", "/accounts/login/?next=/judge/")
    expect(page.get_by_role("heading", name="Judge")).to_be_visible()
    leave(page)
    anna.refresh_from_db()
    assert (anna.role, Identity.objects.get().person) == ("annotator", anna)
    User.objects.filter(pk=anna.pk).update(is_active=False)
    come(page, "anna")
    expect(page.get_by_role("alert")).to_have_text("This account is deactivated; ask a researcher.")
    page.goto("/judge/")
    expect(page.get_by_role("link", name="Sign in by the lab")).to_be_visible()


def test_who_has_no_role_here_gets_no_account(page: Page) -> None:
    come(page, "nobody")
    expect(page.get_by_role("alert")).to_contain_text("has no role here")
    assert not User.objects.exists()


def test_a_provider_that_is_down(provider: str, settings: object) -> None:
    settings.OIDC_ISSUER = f"http://127.0.0.1:{free_port()}"
    answer = Client().get(reverse("sso-begin"))
    assert answer.status_code == 503
    assert "the lab does not answer just now" in answer.content.decode()


def test_an_answer_that_nobody_asked_for(provider: str) -> None:
    answer = Client().get(reverse("sso-back"), {"code": "x", "state": "y"})
    assert answer.status_code == 403
    assert "begin again" in answer.content.decode()
