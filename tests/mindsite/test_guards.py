"""What strangers and secrets meet at the door."""

import io
import logging
import re

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
from mindsite.redaction import RedactingFormatter, redacted
from tests.api.builders import program, send
from tests.distillation.builders import cobuys, finished_run, run

pytestmark = pytest.mark.django_db
TOKEN = "s3cret-Token_of-43-letters"


@pytest.fixture
def log(monkeypatch) -> io.StringIO:
    (handler,) = (each for each in logging.getLogger().handlers if isinstance(each.formatter, RedactingFormatter))
    monkeypatch.setattr(handler, "stream", written := io.StringIO())
    return written


@pytest.mark.parametrize("page", ["/accounts/join/", "/accounts/enter/", "/crowd/"])
def test_a_links_secret_is_not_in_the_log(page: str, log: io.StringIO) -> None:
    assert Client().get(f"{page}{TOKEN}/").status_code == 403
    assert f"Forbidden: {page}…/" in log.getvalue()
    assert TOKEN not in log.getvalue()


def test_secrets_in_other_words_of_the_log_are_taken_out() -> None:
    told = f'"GET /accounts/enter/{TOKEN}/?x=1 HTTP/1.1" 200, next=%2Fcrowd%2F{TOKEN}%2F, Bearer ms_{TOKEN}'
    assert redacted(told) == '"GET /accounts/enter/…/?x=1 HTTP/1.1" 200, next=%2Fcrowd%2F…%2F, Bearer ms_…'


def addresses(patterns: list, before: str = "/") -> list[str]:
    """One of each pattern: numbers are 1, each text has a NUL."""
    found = []
    for each in patterns:
        here = before + str(each.pattern).lstrip("^")
        if isinstance(each, URLResolver):
            found += addresses(each.url_patterns, here)
        elif isinstance(each, URLPattern):
            found.append(re.sub(r"<int:\w+>", "1", re.sub(r"<(?!int)[^>]+>", "a%00b", here)).rstrip("$\\Z"))
    return found


def test_nul_in_any_address_is_refused(administrator: User) -> None:
    client, walked = Client(raise_request_exception=False), addresses(get_resolver().url_patterns)
    client.force_login(administrator)
    assert len(walked) > 150
    assert "/runs/a%00b/" in walked
    answers = {address: client.get(f"{address}%00").status_code for address in walked}
    assert {address: code for address, code in answers.items() if code not in (400, 404)} == {}


def test_nul_in_any_parameter_is_no_fault_of_ours(administrator: User) -> None:
    client, everywhere = Client(raise_request_exception=False), "&".join(f"{name}=a%00b" for name in PARAMETERS)
    client.force_login(administrator)
    finished_run(2)
    walked = {each.replace("a%00b", "r1") for each in addresses(get_resolver().url_patterns)}
    pages = [each for each in walked if not each.startswith(("/admin/", "/api/", "/readyz"))]  # those know their own
    answers = {address: client.get(f"{address}?{everywhere}").status_code for address in pages}
    assert {address: code for address, code in answers.items() if code >= 500} == {}


PARAMETERS = (
    *("q", "page", "group", "run", "runs", "relation", "category", "cursor", "after", "before", "since", "until", "at"),
    *(
        "kept",
        "state",
        "study",
        "strictness",
        "newest",
        "revision",
        "only",
        "by",
        "words",
        "a",
        "b",
        "measure",
        "ranker",
    ),
)


def test_nul_in_a_cookie_is_refused() -> None:
    assert Client(headers={"Cookie": r'sessionid="aaaaaaaa\000bbbbbbbb"'}).get("/runs/").status_code == 400


FORMS = [
    ("/people/groups/", {"name": "a\0b"}),
    ("/runs/r1/retry", {"reason": "a\0b"}),
    ("/runs/r1/state", {"state": "a\0b"}),
    ("/runs/new/", {"name": "a\0b", "backend": "baseline"}),
    ("/accounts/login/", {"username": "a\0b", "password": "a\0b"}),
    ("/features/discard", {"words": "a\0b", "server": "a\0b"}),
]


@pytest.mark.parametrize(("address", "form"), FORMS)
def test_nul_in_a_form_is_no_fault_of_ours(address: str, form: dict, administrator: User) -> None:
    cobuys(1)
    run()
    client = Client(raise_request_exception=False)
    if "login" not in address:
        client.force_login(administrator)
    answer = client.post(address, form)
    assert answer.status_code < 500, answer.content


def test_nul_in_json_is_refused_as_a_problem(researcher: User) -> None:
    client = program(researcher)
    client.raise_request_exception = False
    answer = send(client, "runs", name="a\0b", backend="baseline", relations="isA\0", base_urls=["\0"])
    assert (answer.status_code // 100, answer.headers["Content-Type"]) == (4, "application/problem+json")


PRIVATE = "private, no-store"


@pytest.mark.parametrize("page", ["/studies/", "/runs/", "/runs/r1/", "/knowledge/", "/catalog/", "/api-tokens/"])
def test_pages_behind_a_sign_in_are_kept_by_no_cache(page: str, as_researcher: Client) -> None:
    cobuys(1)
    run()
    assert as_researcher.get(page).headers["Cache-Control"] == PRIVATE


def test_who_is_not_signed_in_has_nothing_to_hide() -> None:
    assert "Cache-Control" not in Client().get("/studies/").headers
