import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.links import LinkRefused, invitation_accept, link_make, sign_in_link_make
from accounts.models import Link, User
from accounts.services import user_create
from annotation.models import Study
from tests.annotation.builders import study

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def invitation(by: User, **more) -> tuple[Link, str]:
    return link_make(kind=Link.Kind.INVITATION, by=by, valid=WEEK, **more)


def join(token: str, name: str = "nora", password: str = "correct-horse") -> tuple[Client, HttpResponse]:
    client = Client()
    answer = {"username": name, "password1": password, "password2": password}
    return client, client.post(reverse("join", args=[token]), answer)


def said(answer: HttpResponse) -> str:
    return answer.content.decode()


def test_who_is_invited_becomes_an_annotator_and_lands_in_the_study(researcher: User) -> None:
    experts, made = Group.objects.create(name="experts"), study()
    _, token = invitation(researcher, group=experts, study=made)
    client, answer = join(token)
    nora = User.objects.get(username="nora")
    assert (nora.role, list(nora.groups.all())) == ("annotator", [experts])
    assert answer["Location"] == f"/judge/{made.pk}/"
    assert client.get(answer["Location"]).status_code == 200


def test_the_token_is_not_in_the_database(researcher: User) -> None:
    link, token = invitation(researcher)
    assert len(token) == 43  # 32 random bytes in base64 without padding: ceil(32 x 8 / 6)
    assert token not in str(Link.objects.filter(pk=link.pk).values())


def test_a_used_up_link_says_so(researcher: User) -> None:
    _, token = invitation(researcher, places=2)
    assert [join(token, name)[1].status_code for name in ("n1", "n2", "n3")] == [302, 302, 403]
    assert "used up" in said(Client().get(reverse("join", args=[token])))
    assert not User.objects.filter(username="n3").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"expires_at": timezone.now()}, "has expired"),
        ({"revoked_at": timezone.now()}, "has been revoked"),
        ({"role": "researcher"}, "may not let people in"),  # which its maker, a researcher, could not give
    ],
)
def test_a_link_that_ended_says_why(researcher: User, change: dict, words: str) -> None:
    link, token = invitation(researcher)
    Link.objects.filter(pk=link.pk).update(**change)
    for answer in (Client().get(reverse("join", args=[token])), join(token)[1]):
        assert (answer.status_code, words in said(answer)) == (403, True)
    assert not User.objects.filter(username="nora").exists()


def test_a_deactivated_researchers_links_end(researcher: User) -> None:
    _, token = invitation(researcher)
    User.objects.filter(pk=researcher.pk).update(is_active=False)
    assert join(token)[1].status_code == 403


@pytest.mark.parametrize("page", ["join", "enter", "crowd-entry"])
@pytest.mark.parametrize("token", ["x", "a" * 43, "ü" * 3000, "%00"])
def test_a_forged_token_is_not_known(page: str, token: str) -> None:
    answer = Client().get(reverse(page, args=[token]), {"PROLIFIC_PID": "abc"})
    assert (answer.status_code, "not known here" in said(answer)) == (403, True)


def test_a_link_of_another_kind_lets_nobody_in(researcher: User) -> None:
    _, token = invitation(researcher)
    assert Client().post(reverse("enter", args=[token])).status_code == 403


@pytest.mark.parametrize(
    ("name", "password", "words"),
    [
        ("nora", "short", "too short"),
        ("nora", "password1", "too common"),
        ("nora-who-judges", "nora-who-judges", "too similar"),
        ("ANNA", "correct-horse", "already exists"),
        ("no spaces", "correct-horse", "valid username"),
        ("", "correct-horse", "required"),
    ],
)
def test_a_weak_password_or_bad_name_keeps_the_place(
    researcher: User, annotator: User, name: str, password: str, words: str
) -> None:
    link, token = invitation(researcher)
    assert words in said(join(token, name, password)[1])
    link.refresh_from_db()
    assert (link.n_used, User.objects.count()) == (0, 2)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_gets_the_only_place() -> None:
    rosa = user_create(username="rosa", password="correct-horse", role=User.Role.RESEARCHER)
    _, token = invitation(rosa)
    start, outcomes = threading.Barrier(6), []

    def accept(name: str) -> None:
        start.wait()
        try:
            invitation_accept(token=token, username=name, password="correct-horse")
            outcomes.append("in")
        except LinkRefused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=accept, args=[f"n{i}"]) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in", *["refused"] * 5]
    assert User.objects.filter(role="annotator").count() == 1


def test_the_database_holds_the_places(researcher: User) -> None:
    link, _ = invitation(researcher, places=3)
    with pytest.raises(IntegrityError, match="link_within_places"), transaction.atomic():
        Link.objects.filter(pk=link.pk).update(n_used=4)


def make(client: Client, page: str, **answers) -> HttpResponse:
    return client.post(reverse(page), {"places": 1, "days": 7, **answers})


def test_a_researcher_invites_annotators_whatever_the_form_says(as_researcher: Client) -> None:
    assert "not shown again" in said(make(as_researcher, "people-invite", role="researcher"))
    assert Link.objects.get().role == "annotator"


def test_an_administrator_may_invite_researchers_but_no_administrators(administrator: User) -> None:
    client = Client()
    client.force_login(administrator)
    make(client, "people-invite", role="administrator")
    make(client, "people-invite", role="researcher")
    assert [link.role for link in Link.objects.all()] == ["researcher"]


@pytest.mark.parametrize("wrong", [{"places": 0}, {"places": 10_001}, {"days": 0}, {"days": 366}, {"study": 99}])
def test_an_invitation_out_of_bounds_is_not_made(as_researcher: Client, wrong: dict) -> None:
    assert "✕" in said(make(as_researcher, "people-invite", **wrong))
    assert not Link.objects.exists()


@pytest.mark.parametrize("page", ["people-invite", "people-crowd-link"])
def test_a_study_of_a_group_wants_that_group(as_researcher: Client, page: str) -> None:
    made, experts = study(), Group.objects.create(name="experts")
    made.groups.add(experts)
    assert "is for the group experts only" in said(make(as_researcher, page, study=made.pk))
    assert "not shown again" in said(make(as_researcher, page, study=made.pk, group=experts.pk))


def test_a_closed_study_invites_nobody(as_researcher: Client) -> None:
    made = study(state=Study.State.PAUSED)
    Study.objects.update(state="closed")
    assert "✕" in said(make(as_researcher, "people-crowd-link", study=made.pk))


def test_a_revoked_link_lets_nobody_in(as_researcher: Client, researcher: User) -> None:
    link, token = invitation(researcher)
    as_researcher.post(reverse("people-link-revoke", args=[link.pk]))
    assert "has been revoked" in said(join(token)[1])


def test_what_lets_in_researchers_is_for_administrators(as_researcher: Client, administrator: User) -> None:
    link, _ = invitation(administrator, role=User.Role.RESEARCHER)
    assert f"Invitation {link.pk}" not in said(as_researcher.get(reverse("people-links")))
    assert as_researcher.post(reverse("people-link-revoke", args=[link.pk])).status_code == 404


def test_a_sign_in_link_works_once_and_a_preview_does_not_use_it(annotator: User, researcher: User) -> None:
    where = reverse("enter", args=[sign_in_link_make(person=annotator, by=researcher)])
    previews, first, second = Client(), Client(), Client()
    assert "Sign in as <bdi>anna</bdi>" in said(previews.get(where)) and previews.head(where).status_code == 200
    assert first.post(where).status_code == 302
    assert first.session["_auth_user_id"] == str(annotator.pk)
    assert "used up" in said(second.post(where)) and "_auth_user_id" not in second.session


def test_a_sign_in_link_ends_after_a_day_and_by_the_next_one(annotator: User, researcher: User) -> None:
    first = sign_in_link_make(person=annotator, by=researcher)
    left = Link.objects.get().expires_at - timezone.now()
    assert timedelta(hours=23, minutes=59) < left <= timedelta(hours=24)
    sign_in_link_make(person=annotator, by=researcher)
    assert "has been revoked" in said(Client().post(reverse("enter", args=[first])))


def test_a_sign_in_link_ends_with_the_account(annotator: User, researcher: User) -> None:
    where = reverse("enter", args=[sign_in_link_make(person=annotator, by=researcher)])
    User.objects.filter(pk=annotator.pk).update(is_active=False)
    assert "deactivated" in said(Client().post(where))


def test_a_sign_in_link_does_not_make_its_maker_an_administrator(annotator: User, researcher: User) -> None:
    where = reverse("enter", args=[sign_in_link_make(person=annotator, by=researcher)])
    User.objects.filter(pk=annotator.pk).update(role="administrator")  # promoted in the meantime
    assert "may not let people in" in said(Client().post(where))


def test_a_sign_in_link_needs_its_form_token(annotator: User, researcher: User) -> None:
    where = reverse("enter", args=[sign_in_link_make(person=annotator, by=researcher)])
    assert Client(enforce_csrf_checks=True).post(where).status_code == 403
    assert Link.objects.get().n_used == 0
