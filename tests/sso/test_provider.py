"""Single sign-on against a provider that starts here by itself (PyPI's oidc-provider-mock): discovery, keys, the code's
way and back, userinfo, sign-out. tests/sso/test_sso.py does the same with a certified one, where there is one."""

import warnings
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Identity, User
from tests.browser.conftest import browser, chromium_once, driving, let_end  # noqa: F401 - the fixtures

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it still speaks of an older Authlib
    mock = pytest.importorskip("oidc_provider_mock", reason="requirements-dev.txt is not installed")

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = {
    "rosa": {"preferred_username": "rosa", "email": "rosa@example.org", "email_verified": True, "groups": ["lab"]},
    "anna": {"preferred_username": "anna", "groups": ["team"]},  # no email at all
    "nobody": {"groups": []},
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    people = [mock.User(sub=name, claims=claims) for name, claims in PEOPLE.items()]
    with mock.run_server_in_thread(user_claims=people) as running:
        yield f"http://localhost:{running.server_port}"


def set_up(settings: object, issuer: str) -> None:
    settings.OIDC_ISSUER, settings.OIDC_NAME = issuer, "the lab"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "mindsite", "not-a-secret"
    settings.OIDC_ROLE_CLAIM = settings.OIDC_GROUPS_CLAIM = "groups"
    settings.OIDC_ROLES, settings.OIDC_ROLE_OTHERWISE = {"lab": "researcher", "team": "annotator"}, ""
    rules = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"] | {"form-action": ["'self'", issuer]}
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": rules}


@pytest.fixture
def provider(server: str, settings: object) -> str:
    set_up(settings, server)
    return server


@pytest.fixture
def page(provider: str, live_server: LiveServer, browser: Browser) -> Iterator[Page]:  # noqa: F811
    context = browser.new_context(base_url=live_server.url)
    context.route("**/pico.min.css", lambda route: route.abort())  # the provider's page takes its looks from the web
    yield context.new_page()
    context.close()
    let_end(live_server, set())


def come(page: Page, name: str, address: str = "/accounts/login/") -> None:
    page.goto(address)
    page.get_by_role("link", name="Sign in by the lab").click()
    page.locator("[name=sub][type=text]").fill(name)
    page.get_by_role("button", name="Authorize").click()


def leave(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()
    expect(page.get_by_role("link", name="Sign in by the lab")).to_be_visible()


@pytest.mark.browser
def test_role_and_groups_come_by_claim_and_signing_out_goes_there_and_back(page: Page) -> None:
    Group.objects.create(name="lab")
    come(page, "rosa", "/accounts/login/?next=/runs/")
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
    rosa = User.objects.get(username="rosa")
    assert (rosa.role, rosa.email, rosa.has_usable_password()) == ("researcher", "rosa@example.org", False)
    assert list(rosa.groups.values_list("name", flat=True)) == ["lab"]
    leave(page)
    page.goto("/studies/")
    expect(page.get_by_role("link", name="Sign in by the lab")).to_be_visible()


@pytest.mark.browser
def test_the_role_is_read_anew_and_a_disabled_account_refused(page: Page) -> None:
    come(page, "anna")
    expect(page.get_by_role("heading", name="Judge")).to_be_visible()
    leave(page)
    anna = User.objects.get(username="anna")
    assert (anna.role, anna.email) == ("annotator", "")
    User.objects.filter(pk=anna.pk).update(role="researcher")
    come(page, "anna")
    expect(page.get_by_role("heading", name="Judge")).to_be_visible()
    leave(page)
    anna.refresh_from_db()
    assert (anna.role, Identity.objects.get().person) == ("annotator", anna)
    User.objects.filter(pk=anna.pk).update(is_active=False)
    come(page, "anna")
    expect(page.get_by_role("alert")).to_have_text("This account is deactivated; ask a researcher.")
    page.goto("/judge/")
    expect(page.get_by_role("link", name="Sign in by the lab")).to_be_visible()


def sent_back(client: Client, **said: str) -> str:
    """To the provider, where somebody presses a button, and the address that it sends them back to."""
    asked = client.get(reverse("sso-begin"))["Location"]
    return httpx.post(asked, data=said).headers["location"]


def back(client: Client, address: str) -> HttpResponse:
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


def test_who_has_no_role_here_gets_no_account(provider: str) -> None:
    client = Client()
    assert "has no role here" in back(client, sent_back(client, sub="nobody")).content.decode()
    assert not User.objects.exists()


def test_who_says_no_at_the_provider_comes_back_with_words(provider: str) -> None:
    client = Client()
    answer = back(client, sent_back(client, action="deny"))
    assert (answer.status_code, "begin again" in answer.content.decode()) == (403, True)


def test_an_answer_counts_once_and_in_its_own_browser(provider: str) -> None:
    client = Client()
    address = sent_back(client, sub="rosa")
    assert "begin again" in back(Client(), address).content.decode()
    assert back(client, address).status_code == 302
    assert back(client, address).status_code == 403


def test_a_provider_that_goes_down_on_the_way(settings: object) -> None:
    client = Client()
    with mock.run_server_in_thread() as running:
        set_up(settings, f"http://localhost:{running.server_port}")
        address = sent_back(client, sub="rosa")
    for answer in (back(client, address), client.get(reverse("sso-begin"))):
        assert (answer.status_code, "does not answer just now" in answer.content.decode()) == (503, True)
    assert not User.objects.exists()


def test_signing_out_works_where_the_provider_is_down(provider: str, settings: object) -> None:
    client = Client()
    back(client, sent_back(client, sub="rosa"))
    settings.OIDC_ISSUER = "http://localhost:9"
    assert client.post(reverse("logout"))["Location"] == reverse("login")
    assert "_auth_user_id" not in client.session
