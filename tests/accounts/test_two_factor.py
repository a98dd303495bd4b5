"""A code beside the password: by choice, or by the settings for a role; each code once, wrong ones counted."""

import re
import time
from datetime import timedelta

import pyotp
import pytest
from django.conf import settings as configured
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.links import sign_in_link_make
from accounts.models import Deed, TwoFactor, User
from accounts.two_factor.services import CodeRefused, code_is_right, two_factor_start
from mindsite.environment import env, one_of
from tests.api.builders import program

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LOGIN, CODE = "/accounts/login/", "/accounts/code/"


def digits(steps: int = 0) -> str:
    """As the app shows them, so many half minutes from now."""
    return pyotp.TOTP(SECRET).at(int(time.time()) + 30 * steps)


def set_up(person: User) -> list[str]:
    return two_factor_start(person=person, secret=SECRET, code=digits(-1))


def by_password(person: User, **more) -> Client:
    client = Client()
    client.post(LOGIN, {"username": person.username, "password": "correct-horse", **more})
    return client


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_the_password_alone_lets_nobody_in(researcher: User) -> None:
    set_up(researcher)
    client = by_password(researcher, next="/runs/")
    assert not is_in(client)
    assert client.post(CODE, {"code": "000000"}).status_code == 403 and not is_in(client)
    answer = client.post(CODE, {"code": digits()})
    assert (answer["Location"], is_in(client)) == ("/runs/", True)


def test_each_code_is_taken_once(researcher: User) -> None:
    codes = set_up(researcher)
    for code in (digits(), codes[0].lower().replace("-", " ")):
        assert [code_is_right(person=researcher, code=code) for _ in range(2)] == [True, False]
    assert len(TwoFactor.objects.get().recovery) == 9
    assert not code_is_right(person=researcher, code=digits(3))  # a clock that is minutes off


def test_nothing_in_the_database_is_a_recovery_code(researcher: User) -> None:
    codes = set_up(researcher)
    stored = " ".join(TwoFactor.objects.get().recovery)
    assert len(codes) == len(set(codes)) == 10
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


def test_wrong_codes_count_for_the_lock_out(researcher: User) -> None:
    set_up(researcher)
    client = by_password(researcher)
    said = [client.post(CODE, {"code": "x"}).status_code for _ in range(configured.AXES_FAILURE_LIMIT + 1)]
    assert said[0] == 403 and said[-1] == configured.AXES_HTTP_RESPONSE_CODE
    assert client.post(CODE, {"code": digits()}).status_code == configured.AXES_HTTP_RESPONSE_CODE
    assert not is_in(client)


def test_many_wrong_codes_from_anywhere_make_all_wait(researcher: User) -> None:
    set_up(researcher)
    for _ in range(10):
        assert not code_is_right(person=researcher, code="000000")
    with pytest.raises(CodeRefused, match="wait 15 minutes"):
        code_is_right(person=researcher, code=digits())
    TwoFactor.objects.update(failed_at=timezone.now() - timedelta(minutes=16))
    assert code_is_right(person=researcher, code=digits())


def test_the_page_shows_picture_and_secret_and_turns_it_on(as_researcher: Client, researcher: User) -> None:
    other = Client()
    other.force_login(researcher)
    page = as_researcher.get(reverse("people-two-factor")).content.decode()
    assert "<svg" in page and "style=" not in page.split("<svg")[1].split("</svg>")[0]
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)[1]
    refused = as_researcher.post(reverse("people-two-factor"), {"code": "123"})
    assert (refused.status_code, TwoFactor.objects.exists()) == (422, False)
    made = as_researcher.post(reverse("people-two-factor"), {"code": pyotp.TOTP(secret).now()}).content.decode()
    assert len(re.findall(r"<code>[0-9A-Z]{5}-[0-9A-Z]{5}</code>", made)) == 10
    assert as_researcher.get("/studies/").status_code == 200
    assert other.get("/studies/").status_code == 302  # signed out
    assert Deed.objects.get().kind == Deed.Kind.TWO_FACTOR_SET


def test_it_is_turned_off_with_a_code(as_researcher: Client, researcher: User) -> None:
    set_up(researcher)
    as_researcher.force_login(researcher)
    for code, left in (("x", True), (digits(), False)):
        as_researcher.post(reverse("people-two-factor-end"), {"code": code})
        assert TwoFactor.objects.exists() == left


def test_an_administrator_removes_it_and_the_trail_says_so(administrator: User, researcher: User) -> None:
    set_up(researcher)
    client = Client()
    client.force_login(administrator)
    assert "Remove the code" in client.get(f"/people/{researcher.pk}/").content.decode()
    client.post(reverse("people-person-two-factor", args=[researcher.pk]))
    deed = Deed.objects.get(kind=Deed.Kind.TWO_FACTOR_REMOVED)
    assert (deed.by, deed.person, TwoFactor.objects.exists()) == (administrator, researcher, False)


def test_a_sign_in_link_asks_for_it_too(researcher: User, administrator: User) -> None:
    set_up(researcher)
    client = Client()
    client.post(f"/accounts/enter/{sign_in_link_make(person=researcher, by=administrator)}/")
    assert not is_in(client)
    client.post(CODE, {"code": digits()})
    assert is_in(client)


@pytest.mark.parametrize(("required", "closed"), [("researchers", True), ("administrators", False), ("", False)])
def test_a_role_that_must_have_it_sees_nothing_before(
    as_researcher: Client, researcher: User, settings: object, required: str, closed: bool
) -> None:
    settings.TWO_FACTOR = required
    for page in ("/studies/", "/judge/", "/people/"):
        answer = as_researcher.get(page)
        assert (answer.status_code == 302 and answer["Location"] == "/people/two-factor/") == closed
    assert as_researcher.get("/people/two-factor/").status_code == 200
    set_up(researcher)
    as_researcher.force_login(researcher)  # a session from before
    assert (as_researcher.get("/studies/").status_code == 302) == closed
    as_researcher.post(CODE, {"code": digits()})
    assert as_researcher.get("/studies/").status_code == 200


def test_annotators_and_programs_are_asked_for_nothing(
    as_annotator: Client, researcher: User, settings: object
) -> None:
    settings.TWO_FACTOR = "researchers"
    set_up(researcher)
    assert as_annotator.get("/judge/").status_code == 200
    assert program(researcher).get("/api/v1/studies").status_code == 200


def test_the_api_is_no_way_around_the_code(as_researcher: Client, settings: object) -> None:
    settings.TWO_FACTOR = "researchers"
    for headers in ({}, {"Authorization": "Basic x"}):
        answer = as_researcher.get("/api/v1/studies", headers=headers)
        assert (answer.status_code, b"a code beside its password" in answer.content) == (403, True)


def test_the_admin_site_has_no_door_of_its_own(administrator: User, as_annotator: Client) -> None:
    set_up(administrator)
    sent = {"username": "ada", "password": "correct-horse"}
    client = Client()
    assert client.post("/admin/login/?next=/admin/", sent)["Location"] == "/accounts/login/?next=%2Fadmin%2F"
    assert not is_in(client)
    assert as_annotator.get("/admin/", follow=True).redirect_chain[-1][0] == "/judge/"


def test_a_setting_that_names_no_role_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(env.ENVIRON, "TWO_FACTOR", "everybody")
    with pytest.raises(ImproperlyConfigured, match="there are researchers, administrators"):
        one_of("TWO_FACTOR", ("", "researchers", "administrators"))
