"""Every address of the product, and who gets through its door. A new address without an entry here fails."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from accounts.models import User

pytestmark = pytest.mark.django_db

ROLES = ("anonymous", "annotator", "researcher", "administrator")
DOORS = {
    "public": "login logout join enter crowd-entry healthz readyz",
    "annotator": (
        "home password picture thumbnail judge-home judge-page judge-save judge-audit judge-skip judge-take "
        "judge-present judge-ahead judge-pause judge-own judge-own-item judge-own-latest "
        "api-token-list api-token-new api-token-revoke"
    ),
    "researcher": (
        "people-list people-person people-state people-person-groups people-sign-in-link people-groups "
        "people-group-delete people-links people-invite people-crowd-link people-link-revoke run-list run-new "
        "run-detail run-progress run-latest run-kept-at run-state run-retry run-strictness run-prices catalog product "
        "import-list import-detail import-progress study-list study-new study-plan study-preview-new study "
        "study-figures study-state study-preview study-protocol study-annotators study-annotator study-compare "
        "study-panel study-panel-csv study-panel-svg study-strictness study-items "
        "study-report study-report-markdown study-export study-exports study-export-manifest study-skips "
        "study-plan-fix study-report-json connection-test feature-list feature-discard "
        "knowledge knowledge-download intention"
    ),
    "administrator": "people-password webhooks webhook-remove metrics",
}
OPENED_BY = {name: door for door, names in DOORS.items() for name in names.split()}
EXAMPLES = {"IntConverter": 0, "DigestConverter": "0" * 64}  # other parts of an address are texts


def walk(patterns: list) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        elif pattern.namespace not in ("admin", "api"):  # tests/api has a table of its own
            yield from walk(pattern.url_patterns)


PATTERNS = list(walk(get_resolver().url_patterns))


def address(pattern: URLPattern) -> str:
    parts = {name: EXAMPLES.get(type(it).__name__, "x") for name, it in pattern.pattern.converters.items()}
    return reverse(pattern.name, kwargs=parts)


def is_let_in(client: Client, where: str) -> bool:
    """Behind the door there may be nothing: 404 is an answer to who got in."""
    answer = client.get(where)
    if answer.status_code == 405:
        answer = client.post(where)
    to_sign_in = answer.status_code == 302 and answer["Location"].startswith(f"{reverse('login')}?next=")
    refused = answer.status_code == 403 and "not open to your account" in answer.content.decode()
    return not (to_sign_in or refused)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_each_address_admits_whom_it_is_for(
    annotator: User, researcher: User, administrator: User, pattern: URLPattern
) -> None:
    from_here_on = ("public", *ROLES[1:]).index(OPENED_BY[pattern.name])
    clients = [Client() for _ in ROLES]
    for client, user in zip(clients[1:], (annotator, researcher, administrator), strict=True):
        client.force_login(user)
    let_in = [role for role, client in zip(ROLES, clients, strict=True) if is_let_in(client, address(pattern))]
    assert let_in == list(ROLES[from_here_on:])


def test_the_table_names_nothing_that_is_gone() -> None:
    assert set(OPENED_BY) <= {pattern.name for pattern in PATTERNS}


@pytest.mark.parametrize(("role", "status"), [("annotator", 302), ("researcher", 302), ("administrator", 200)])
def test_the_admin_site_is_for_administrators(request: pytest.FixtureRequest, role: str, status: int) -> None:
    client = Client()
    client.force_login(request.getfixturevalue(role))
    assert client.get("/admin/").status_code == status
