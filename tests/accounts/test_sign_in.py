from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.lockout import client_address
from accounts.models import User

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


def sign_in(client: Client, name: str, password: str, address: str = "10.0.0.1", where: str = LOGIN) -> HttpResponse:
    return client.post(where, {"username": name, "password": password}, REMOTE_ADDR=address)


def fail(client: Client, times: int, name: str = "anna", address: str = "10.0.0.1") -> HttpResponse:
    return [sign_in(client, name, "wrong", address) for _ in range(times)][-1]


def test_it_works(client: Client, annotator: User) -> None:
    assert sign_in(client, "anna", "correct-horse")["Location"] == "/"
    assert client.session["_auth_user_id"] == str(annotator.pk)


def test_five_failures_lock_out_even_the_right_password(client: Client, annotator: User) -> None:
    assert fail(client, 4).status_code == 200
    assert fail(client, 1).status_code == 429
    answer = sign_in(client, "anna", "correct-horse")
    assert (answer.status_code, "_auth_user_id" in client.session) == (429, False)
    assert "wait 15 minutes" in answer.content.decode()


def test_the_lock_out_is_for_one_name_and_one_address(client: Client, annotator: User, researcher: User) -> None:
    fail(client, 5)
    assert sign_in(Client(), "rosa", "correct-horse").status_code == 302
    assert sign_in(Client(), "anna", "correct-horse", address="10.0.0.2").status_code == 302


def test_it_ends_after_fifteen_minutes(client: Client, annotator: User) -> None:
    fail(client, 5)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))
    assert sign_in(client, "anna", "correct-horse").status_code == 302


def test_trying_while_locked_out_does_not_make_it_longer(client: Client, annotator: User) -> None:
    fail(client, 5)
    before = AccessAttempt.objects.get().attempt_time
    fail(client, 3)
    assert AccessAttempt.objects.get().attempt_time == before


def test_a_success_forgets_earlier_failures(client: Client, annotator: User) -> None:
    fail(client, 4)
    sign_in(client, "anna", "correct-horse")
    assert fail(Client(), 4).status_code == 200


def test_one_password_tried_on_many_names_locks_the_address(client: Client, annotator: User, settings) -> None:
    settings.LOCKOUT_ADDRESS_FAILURES = 6
    for i in range(6):
        fail(client, 1, name=f"name-{i}")
    assert sign_in(client, "anna", "correct-horse").status_code == 429
    assert sign_in(client, "anna", "correct-horse", address="10.0.0.2").status_code == 302


def test_an_ipv6_block_is_one_address(client: Client, annotator: User) -> None:
    for i in range(5):
        fail(client, 1, address=f"2001:db8:0:1::{i}")
    assert sign_in(Client(), "anna", "correct-horse", address="2001:db8:0:1:ffff::1").status_code == 429
    assert sign_in(Client(), "anna", "correct-horse", address="2001:db8:0:2::1").status_code == 302


def test_a_name_guessed_at_from_many_addresses_waits_for_minutes_only(
    client: Client, annotator: User, researcher: User, settings
) -> None:
    settings.LOCKOUT_NAME_FAILURES = 6
    for i in range(6):
        fail(client, 1, address=f"10.0.1.{i}")
    assert sign_in(client, "anna", "correct-horse", address="10.0.2.1").status_code == 429
    assert sign_in(client, "rosa", "correct-horse", address="10.0.2.1").status_code == 302
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=2, seconds=1))
    assert sign_in(Client(), "anna", "correct-horse", address="10.0.2.1").status_code == 302


def test_the_admin_site_sends_to_the_same_lock(client: Client, administrator: User) -> None:
    answer = sign_in(client, "ada", "correct-horse", where="/admin/login/?next=/admin/")
    assert (answer["Location"], "_auth_user_id" in client.session) == (f"{LOGIN}?next=%2Fadmin%2F", False)


@pytest.mark.parametrize(
    ("proxies", "header", "seen"),
    [
        (0, "6.6.6.6", "10.0.0.9"),  # nobody vouches for the header
        (1, "6.6.6.6, 8.8.8.8", "8.8.8.8"),  # what our proxy saw; 6.6.6.6 was sent by the client
        (2, "6.6.6.6, 8.8.8.8, 10.0.0.5", "8.8.8.8"),
        (1, "not an address", "10.0.0.9"),
        (1, "", "10.0.0.9"),
        (1, "2001:db8::1:2:3:4", "2001:db8::"),
        (1, "::ffff:8.8.8.8", "8.8.8.8"),
    ],
)
def test_the_address_behind_proxies(settings, proxies: int, header: str, seen: str) -> None:
    settings.PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.9", HTTP_X_FORWARDED_FOR=header)
    assert client_address(request) == seen


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"])
def test_next_leads_nowhere_else(client: Client, annotator: User, where: str) -> None:
    answer = client.post(LOGIN, {"username": "anna", "password": "correct-horse", "next": where})
    assert answer["Location"] == "/"


def test_next_leads_back_to_the_page(client: Client, annotator: User) -> None:
    answer = client.post(LOGIN, {"username": "anna", "password": "correct-horse", "next": "/judge/7/"})
    assert answer["Location"] == "/judge/7/"


def test_a_deactivated_account_is_not_told_apart_from_a_wrong_password(client: Client, annotator: User) -> None:
    User.objects.update(is_active=False)
    assert "correct username and password" in sign_in(client, "anna", "correct-horse").content.decode()


def change_password(client: Client, old: str, new: str) -> HttpResponse:
    return client.post(reverse("password"), {"old_password": old, "new_password1": new, "new_password2": new})


def test_a_changed_password_ends_other_sessions(as_annotator: Client, annotator: User) -> None:
    other = Client()
    other.force_login(annotator)
    assert change_password(as_annotator, "correct-horse", "battery-staple").status_code == 302
    assert as_annotator.get("/judge/").status_code == 200
    assert other.get("/judge/").status_code == 302


@pytest.mark.parametrize(("old", "new"), [("wrong", "battery-staple"), ("correct-horse", "password1")])
def test_a_wrong_old_or_weak_new_password_changes_nothing(
    as_annotator: Client, annotator: User, old: str, new: str
) -> None:
    assert change_password(as_annotator, old, new).status_code == 200
    annotator.refresh_from_db()
    assert annotator.check_password("correct-horse")


def test_who_was_here_is_noted_every_five_minutes(as_annotator: Client, annotator: User) -> None:
    as_annotator.get("/judge/")
    first = User.objects.get(pk=annotator.pk).last_seen_at
    as_annotator.get("/judge/")
    assert User.objects.get(pk=annotator.pk).last_seen_at == first is not None
    User.objects.update(last_seen_at=first - timedelta(minutes=6))
    as_annotator.get("/judge/")
    assert User.objects.get(pk=annotator.pk).last_seen_at > first
