import hashlib
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.services import person_deactivate, person_reactivate
from api.models import ApiToken, Scope
from api.tokens.services import TokenRefused, token_create, token_revoke
from tests.api.builders import DAY, program, send

pytestmark = pytest.mark.django_db


def status(client: Client, address: str = "my-studies") -> int:
    return client.get(f"/api/v1/{address}").status_code


def test_only_the_digest_of_a_secret_is_kept(annotator: User) -> None:
    token, secret = token_create(owner=annotator, name="t", scopes=[Scope.READ], valid=DAY)
    assert token.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in str(vars(token))
    assert len(secret) - len("ms_") == 43  # 256 bits, six a letter


def test_without_a_token_nobody_gets_in(db: None) -> None:
    refused = Client().get("/api/v1/my-studies")
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, 'Bearer realm="Mindsite"')


@pytest.mark.parametrize("secret", ["", "ms_x", "ms_\xe9", "a b c"])
def test_a_made_up_token_opens_nothing(db: None, secret: str) -> None:
    assert status(Client(headers={"Authorization": f"Bearer {secret}"})) == 401


def test_an_expired_token_opens_nothing(annotator: User) -> None:
    client = program(annotator)
    assert status(client) == 200
    ApiToken.objects.update(expires_at=timezone.now())
    assert status(client) == 401


def test_a_revoked_token_opens_nothing(annotator: User) -> None:
    client = program(annotator)
    token_revoke(token=ApiToken.objects.get())
    assert status(client) == 401


def test_a_deactivated_owner_opens_nothing(annotator: User, researcher: User) -> None:
    client = program(annotator)
    person_deactivate(person=annotator, by=researcher)
    assert status(client) == 401


def test_a_reactivated_owner_has_to_make_a_new_token(annotator: User, researcher: User) -> None:
    client = program(annotator)
    person_deactivate(person=annotator, by=researcher)
    person_reactivate(person=annotator, by=annotator)
    assert (ApiToken.objects.get().state, status(client)) == ("revoked", 401)


def test_a_scope_that_is_lacking_is_named(researcher: User) -> None:
    refused = send(program(researcher, Scope.READ), "studies")
    assert (refused.status_code, "lacks the scope studies:write" in refused.json()["detail"]) == (403, True)


def test_a_token_is_worth_no_more_than_its_owner_is_now(researcher: User) -> None:
    client = program(researcher)
    assert status(client, "runs") == 200
    User.objects.update(role=User.Role.ANNOTATOR)
    assert status(client, "runs") == 403


def test_no_scope_beyond_the_role_is_given(annotator: User) -> None:
    with pytest.raises(TokenRefused, match=r"^export: choose among read, judge, which"):
        token_create(owner=annotator, name="t", scopes=["read", "export"], valid=DAY)


@pytest.mark.parametrize("valid", [timedelta(), timedelta(days=367)])
def test_a_token_lasts_a_year_at_most(annotator: User, valid: timedelta) -> None:
    with pytest.raises(TokenRefused, match="1 to 366 days"):
        token_create(owner=annotator, name="t", scopes=["read"], valid=valid)


def test_use_is_noted_to_some_minutes(annotator: User) -> None:
    client = program(annotator)
    status(client)
    first = ApiToken.objects.get().last_used_at
    status(client)
    assert ApiToken.objects.get().last_used_at == first is not None


def test_a_browser_needs_its_csrf_token_to_write(annotator: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(annotator)
    assert status(browser) == 200
    refused = send(browser, "studies/1/next")
    assert (refused.status_code, refused.json()["detail"][:11]) == (403, "CSRF Failed")


def test_the_page_shows_a_secret_once(as_annotator: Client) -> None:
    form = {"name": "My script", "scopes": ["read"], "days": 30}
    made = as_annotator.post(reverse("api-token-new"), form).content.decode()
    token = ApiToken.objects.get()
    secret = made.split('rows="2">')[1].split("<")[0]
    assert status(Client(headers={"Authorization": f"Bearer {secret}"})) == 200
    listed = as_annotator.get(reverse("api-token-list")).content.decode()
    assert token.prefix in listed
    assert secret not in listed


def test_the_page_is_found_from_the_account(as_annotator: Client) -> None:
    assert reverse("api-token-list") in as_annotator.get(reverse("password")).content.decode()


def test_the_page_offers_no_scope_beyond_the_role(as_annotator: Client) -> None:
    assert "Export judgments" not in as_annotator.get(reverse("api-token-new")).content.decode()
    refused = as_annotator.post(reverse("api-token-new"), {"name": "t", "scopes": ["export"], "days": 1})
    assert refused.status_code == 422
    assert not ApiToken.objects.exists()


def test_people_revoke_their_own_tokens_only(as_annotator: Client, annotator: User, researcher: User) -> None:
    for owner, answer, is_open in ((researcher, 404, True), (annotator, 302, False)):
        token = token_create(owner=owner, name="t", scopes=["read"], valid=DAY)[0]
        assert as_annotator.post(reverse("api-token-revoke", args=[token.pk])).status_code == answer
        assert (ApiToken.objects.get(pk=token.pk).state == "open") is is_open


def test_administrators_revoke_everybodys(administrator: User, annotator: User) -> None:
    token = token_create(owner=annotator, name="t", scopes=["read"], valid=DAY)[0]
    client = program(administrator)
    listed = client.get("/api/v1/tokens").json()["results"]
    assert [each["owner"] for each in listed] == ["ada", "anna"]
    assert "digest" not in listed[0]
    assert client.delete(f"/api/v1/tokens/{token.pk}").status_code == 204
    assert client.get("/api/v1/tokens").json()["results"][1]["state"] == "revoked"


def test_the_command_prints_the_secret(researcher: User, capsys: pytest.CaptureFixture) -> None:
    call_command("create_token", "rosa", "--scope", "read", "--scope", "export", "--days", "7")
    told = capsys.readouterr()
    assert status(Client(headers={"Authorization": f"Bearer {told.out.strip()}"}), "runs") == 200
    assert told.err.startswith("For read, export, until ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody"], "There is nobody named nobody"),
        (["anna", "--days", "0"], "--days 0: give a number from 1 to 366"),
        (["anna", "--scope", "export"], "export: choose among read, judge"),
    ],
)
def test_the_command_refuses_in_one_line(annotator: User, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("create_token", *arguments)


def test_a_new_password_ends_the_tokens(researcher: User) -> None:
    client = program(researcher)
    researcher.save()
    assert client.get("/api/v1/runs").status_code == 200  # the same password
    browser = Client()
    browser.force_login(researcher)
    new = {"new_password1": "battery-staple", "new_password2": "battery-staple"}
    answer = browser.post("/accounts/password/", {"old_password": "correct-horse", **new}, follow=True)
    assert "your API tokens have ended" in answer.content.decode()
    assert client.get("/api/v1/runs").status_code == 401


def test_a_password_that_an_administrator_sets_ends_them_too(researcher: User, administrator: User) -> None:
    client, browser = program(researcher), Client()
    browser.force_login(administrator)
    new = {"new_password1": "battery-staple", "new_password2": "battery-staple"}
    browser.post(f"/people/{researcher.pk}/password", new)
    assert client.get("/api/v1/runs").status_code == 401
