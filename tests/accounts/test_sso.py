"""What a provider's claims mean: roles, names, whose account. The way to a provider and back is in tests/sso."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from accounts.models import Identity, User
from accounts.sso.claims import name_wanted, role_of, values_at, verified_email
from accounts.sso.client import SsoRefused
from accounts.sso.services import person_of_claims
from mindsite.environment import single_sign_on_check

ISSUER = "https://id.example.org"
ROLES = {"heads": "administrator", "lab": "researcher"}


@pytest.mark.parametrize(
    ("groups", "role"),
    [(["lab", "heads"], "administrator"), ("lab", "researcher"), ([], "annotator"), (7, "annotator")],
)
def test_the_highest_role_counts(groups: object, role: str) -> None:
    assert role_of({"groups": groups}, claim="groups", roles=ROLES, otherwise="annotator") == role
    assert role_of({}, claim="groups", roles=ROLES, otherwise="") is None


def test_a_claim_may_lie_within_another() -> None:
    assert values_at({"realm_access": {"roles": ["lab", 3]}}, "realm_access.roles") == ["lab"]
    assert values_at({"https://id/roles": ["lab"]}, "https://id/roles") == ["lab"]


@pytest.mark.parametrize(("verified", "email"), [(True, "a@b.c"), (False, ""), ("true", ""), (None, "")])
def test_an_address_counts_only_where_the_provider_has_verified_it(verified: object, email: str) -> None:
    assert verified_email({"email": "a@b.c", "email_verified": verified}) == email


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"preferred_username": "Ro sa"}, "Ro-sa"),
        ({"email": "ro@x.org"}, "ro"),
        ({"name": "李雷"}, "李雷"),
        ({}, "person"),
    ],
)
def test_a_name_is_made_of_what_there_is(claims: dict, name: str) -> None:
    assert name_wanted(claims) == name


@pytest.mark.django_db
def test_an_account_is_found_by_issuer_and_subject_and_never_by_name(annotator: User) -> None:
    first = person_of_claims(issuer=ISSUER, claims={"sub": "1", "preferred_username": "anna"})
    assert first != annotator and first.username.startswith("anna-")
    assert person_of_claims(issuer=ISSUER, claims={"sub": "1", "preferred_username": "other"}) == first
    assert person_of_claims(issuer="https://other.example.org", claims={"sub": "1"}) != first


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("allowed", "verified", "same"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_an_address_finds_an_account_only_verified_and_allowed(
    annotator: User, settings: object, allowed: bool, verified: bool, same: bool
) -> None:
    User.objects.update(email="anna@example.org")
    settings.OIDC_MATCH_EMAIL = allowed
    claims = {"sub": "1", "email": "Anna@example.org", "email_verified": verified}
    assert (person_of_claims(issuer=ISSUER, claims=claims) == annotator) == same


@pytest.mark.django_db
def test_who_is_deactivated_or_unknown_is_refused(annotator: User, settings: object) -> None:
    settings.OIDC_CREATE = False
    with pytest.raises(SsoRefused, match="no account"):
        person_of_claims(issuer=ISSUER, claims={"sub": "1"})
    Identity.objects.create(person=annotator, issuer=ISSUER, subject="1")
    User.objects.update(is_active=False)
    with pytest.raises(SsoRefused, match="deactivated"):
        person_of_claims(issuer=ISSUER, claims={"sub": "1"})


@pytest.mark.django_db
def test_an_administrator_is_made_less_by_claim(administrator: User, settings: object) -> None:
    settings.OIDC_ROLE_CLAIM, settings.OIDC_ROLES = "groups", ROLES
    Identity.objects.create(person=administrator, issuer=ISSUER, subject="1")
    person_of_claims(issuer=ISSUER, claims={"sub": "1", "groups": ["lab"]})
    administrator.refresh_from_db()
    assert (administrator.role, administrator.is_staff, administrator.is_superuser) == ("researcher", False, False)


@pytest.mark.django_db
def test_passwords_can_be_turned_off(annotator: User, settings: object) -> None:
    settings.PASSWORDS, settings.OIDC_ISSUER, settings.OIDC_NAME = False, ISSUER, "the lab"
    page = Client().get(reverse("login")).content.decode()
    assert "Sign in by the lab" in page and "id_password" not in page
    sent = {"username": "anna", "password": "correct-horse"}
    assert "_auth_user_id" not in Client().post(reverse("login"), sent).client.session
    assert not Client().login(**sent)


def test_settings_that_can_t_work_are_refused() -> None:
    for issuer, client, passwords in (("id.example.org", "m", True), (ISSUER, "", True), ("", "", False)):
        with pytest.raises(ImproperlyConfigured):
            single_sign_on_check(issuer, client, passwords=passwords)
