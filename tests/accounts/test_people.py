import pytest
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import Session, User
from accounts.services import user_create
from annotation.models import Judgment
from tests.annotation.builders import judge, participant, study

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_administrator(administrator: User) -> Client:
    client = Client()
    client.force_login(administrator)
    return client


def said(answer: HttpResponse) -> str:
    return answer.content.decode()


def names(client: Client, **asked) -> list[str]:
    return [person.username for person in client.get(reverse("people-list"), asked).context["page"]]


def do(client: Client, page: str, person: User, **answers) -> HttpResponse:
    return client.post(reverse(page, args=[person.pk]), answers, follow=True)


def test_researchers_see_annotators_and_administrators_everybody(
    as_researcher: Client, as_administrator: Client, annotator: User
) -> None:
    assert names(as_researcher) == ["anna"]
    assert names(as_administrator) == ["ada", "anna", "rosa"]


def test_people_are_found_by_words_of_name_mail_and_platform_id(as_researcher: Client, annotator: User) -> None:
    User.objects.filter(pk=annotator.pk).update(email="a@shop.example", crowd_platform="prolific", crowd_id="5f2b")
    user_create(username="otto", password=None, role=User.Role.ANNOTATOR)
    asked = ["NN", "shop", "5f2", "anna shop", "anna else", "%", "\x00", "x" * 101]
    assert [names(as_researcher, q=each) for each in asked] == [
        *[["anna"]] * 4, [], [], ["anna", "otto"], ["anna", "otto"],
    ]  # fmt: skip


def test_people_are_found_by_group(as_researcher: Client, annotator: User) -> None:
    group = Group.objects.create(name="experts")
    assert names(as_researcher, group=group.pk) == []
    annotator.groups.add(group)
    assert names(as_researcher, group=group.pk) == ["anna"]


def test_fifty_are_on_a_page(as_researcher: Client) -> None:
    User.objects.bulk_create(User(username=f"n{i:03}") for i in range(120))
    assert [len(names(as_researcher, page=page)) for page in (1, 2, 3)] == [50, 50, 20]
    assert names(as_researcher, page="x")[0] == "n000"


def test_deactivating_ends_the_session_for_good_and_keeps_the_judgments(
    as_researcher: Client, as_annotator: Client, annotator: User
) -> None:
    judge(participant(study(), "anna"))
    do(as_researcher, "people-state", annotator, to="deactivated")
    assert as_annotator.get("/judge/").status_code == 302
    do(as_researcher, "people-state", annotator, to="active")
    assert as_annotator.get("/judge/").status_code == 302
    assert (Session.objects.count(), Judgment.objects.count()) == (1, 1)  # the researcher's session


def test_a_reactivated_person_can_sign_in(as_researcher: Client, annotator: User) -> None:
    def sign_in() -> int:
        return Client().post(reverse("login"), {"username": "anna", "password": "correct-horse"}).status_code

    do(as_researcher, "people-state", annotator, to="deactivated")
    assert sign_in() == 200  # the form again
    do(as_researcher, "people-state", annotator, to="active")
    assert sign_in() == 302


def test_nobody_deactivates_themselves(as_administrator: Client, administrator: User) -> None:
    assert "You can&#x27;t deactivate yourself" in said(
        do(as_administrator, "people-state", administrator, to="deactivated")
    )
    administrator.refresh_from_db()
    assert administrator.is_active


@pytest.mark.parametrize("page", ["people-state", "people-person-groups", "people-sign-in-link"])
def test_a_researcher_has_no_hand_on_colleagues(as_researcher: Client, administrator: User, page: str) -> None:
    assert do(as_researcher, page, administrator, to="deactivated").status_code == 404


def test_an_unknown_state_is_refused(as_researcher: Client, annotator: User) -> None:
    assert "use the button of the page" in said(do(as_researcher, "people-state", annotator, to="gone"))


def test_an_administrator_sets_a_password_and_it_signs_out(
    as_administrator: Client, as_annotator: Client, annotator: User
) -> None:
    new = {"password1": "battery-staple", "password2": "battery-staple"}
    do(as_administrator, "people-password", annotator, new_password1="short", new_password2="short")
    assert as_annotator.get("/judge/").status_code == 200
    answer = do(as_administrator, "people-password", annotator, **{f"new_{name}": each for name, each in new.items()})
    assert "has a new password" in said(answer)
    assert as_annotator.get("/judge/").status_code == 302


def test_groups_are_made_given_and_deleted(as_researcher: Client, annotator: User) -> None:
    as_researcher.post(reverse("people-groups"), {"name": " experts "})
    group = Group.objects.get(name="experts")
    do(as_researcher, "people-person-groups", annotator, groups=[group.pk])
    assert list(annotator.groups.all()) == [group]
    as_researcher.post(reverse("people-group-delete", args=[group.pk]))
    assert not Group.objects.exists()


@pytest.mark.parametrize(
    ("name", "words"), [("", "give 1 to 150"), ("x" * 151, "give 1 to 150"), ("experts", "there is one of this name")]
)
def test_a_bad_group_is_not_made(as_researcher: Client, name: str, words: str) -> None:
    Group.objects.create(name="experts")
    assert words in said(as_researcher.post(reverse("people-groups"), {"name": name}, follow=True))
    assert Group.objects.count() == 1


def test_a_studys_group_stays_so_that_the_study_does_not_open_to_all(as_researcher: Client) -> None:
    group = Group.objects.create(name="experts")
    study().groups.add(group)
    answer = as_researcher.post(reverse("people-group-delete", args=[group.pk]), follow=True)
    assert "judges in S; change who may judge" in said(answer)
    assert Group.objects.exists()


def test_a_forged_group_changes_nothing(as_researcher: Client, annotator: User) -> None:
    annotator.groups.add(Group.objects.create(name="experts"))
    assert "One of these groups is gone" in said(do(as_researcher, "people-person-groups", annotator, groups=[99]))
    assert annotator.groups.count() == 1
