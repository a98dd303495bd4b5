"""What the desk does on its pages, by programs: judgments looked through, left out, sent back; items assigned; split
ones adjudicated."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import Deed, User
from accounts.services import user_create
from annotation.desk.adjudicating import adjudicator_set
from annotation.judging.allocation import item_next
from annotation.models import Adjudication, Item, Judgment, SentBack
from distillation.models import Exposure
from tests.annotation.builders import participant, save, study, study_of_ties_and_errors
from tests.api.builders import program, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(researcher: User) -> Client:
    return program(researcher)


def listed(client: Client, study_id: int, **asked) -> list[int]:
    return [row["id"] for row in client.get(f"/api/v1/studies/{study_id}/all-judgments", asked).json()["results"]]


def test_judgments_are_listed_by_the_filters_of_the_page(rosa: Client, researcher: User) -> None:
    """By the builder's table: plausible 1, 1, 1, 0, 0, 0, 1, 1; the tie is item 2."""
    made = study_of_ties_and_errors()
    who = participant(made, "ann-0")
    Judgment.objects.filter(participant=who, item=Item.objects.earliest("pk")).update(comment="odd")
    for asked, n in (
        ({}, 8),
        ({"annotator": who.pseudonym}, 4),
        ({"answer": "plausibility:1"}, 5),
        ({"comment": "with"}, 1),
        ({"disagreement": "split"}, 2),
        ({"kind": "left"}, 0),
        ({"limit": 3}, 3),
    ):
        assert len(listed(rosa, made.pk, **asked)) == n
    assert Exposure.objects.filter(user=researcher, where="api").exists()


@pytest.mark.parametrize(
    "asked", [{"annotator": "A-none"}, {"answer": "plausibility:7"}, {"answer": "x"}, {"kind": "odd"}, {"mood": 1}]
)
def test_what_the_study_does_not_know_is_refused(rosa: Client, asked: dict) -> None:
    assert rosa.get(f"/api/v1/studies/{study().pk}/all-judgments", asked).status_code == 400


def test_judgments_are_left_out_and_taken_back_once_under_a_key(rosa: Client) -> None:
    made = study_of_ties_and_errors()
    chosen, where = listed(rosa, made.pk)[:3], f"studies/{made.pk}/all-judgments"
    out = [send(rosa, f"{where}/leave-out", key="k", judgments=chosen).json() for _ in range(2)]
    assert out == [{"left_out": 3}] * 2 and sorted(listed(rosa, made.pk, kind="left")) == sorted(chosen)
    assert Deed.objects.filter(kind=Deed.Kind.JUDGMENTS_EXCLUDED).count() == 1
    assert send(rosa, f"{where}/take-back", judgments=chosen).json() == {"taken_back": 3, "refused": 0}
    assert send(rosa, f"{where}/take-back", judgments=chosen).json() == {"taken_back": 0, "refused": 0}
    assert send(rosa, f"{where}/leave-out", judgments=[]).status_code == 422


def test_judgments_of_another_study_are_not_touched(rosa: Client) -> None:
    made = study_of_ties_and_errors()
    other = study(run=made.runs.get(), name="T")
    said = send(rosa, f"studies/{other.pk}/all-judgments/leave-out", judgments=listed(rosa, made.pk)).json()
    assert said == {"left_out": 0} and not Judgment.objects.left_out().exists()


def test_judgments_are_sent_back_with_a_word(rosa: Client) -> None:
    made = study_of_ties_and_errors()
    where, chosen = f"studies/{made.pk}/all-judgments/send-back", listed(rosa, made.pk)[:2]
    assert send(rosa, where, judgments=chosen, word=" ").status_code == 422
    assert send(rosa, where, judgments=chosen, word="Look at the sizes").json() == {"sent_back": 2}
    assert set(SentBack.objects.values_list("judgment", "word")) == {(pk, "Look at the sizes") for pk in chosen}


def test_what_was_judged_without_a_picture_is_offered_again(rosa: Client) -> None:
    made = study()
    picture = {"picture": "failed", "width": 1, "height": 1, "enlarged": False}
    look = {"left": picture, "right": picture, "in_view": 1, "device": "phone", "orientation": "portrait"}
    from_phone = save(item_next(participant=participant(made)), look=look)
    where = f"studies/{made.pk}/all-judgments/offer"
    assert send(rosa, where, judgments=[from_phone.pk]).json() == {"offered": 1}
    assert Judgment.objects.get().kind == "unseen"


def test_annotators_are_paused_excluded_and_seen_day_by_day(rosa: Client) -> None:
    made = study_of_ties_and_errors()
    who = participant(made, "ann-0")
    listed, where = rosa.get(f"/api/v1/studies/{made.pk}/annotators").json()["results"], f"annotators/{who.pk}"
    assert {row["pseudonym"] for row in listed} == set(made.participants.values_list("pseudonym", flat=True))
    where = f"studies/{made.pk}/{where}"
    for state, reason, status in (
        ("paused", "", 409),  # no word
        ("paused", "too fast", 200),
        ("paused", "too fast", 409),
        ("active", "", 200),
        ("excluded", "a program", 200),
        ("unqualified", "", 422),
    ):
        assert send(rosa, where, method="patch", state=state, reason=reason).status_code == status
    assert rosa.get(f"/api/v1/{where}").json()["state_reason"] == "rosa has excluded you: a program"
    (day,) = rosa.get(f"/api/v1/{where}/days").json()["days"]
    # ann-0 says 1, 1, 0, 1; the one other of each item says 1, 0, 0, 1
    assert (day["judgments"], day["plausible"]) == (4, {"yes": 3, "n": 4})


def test_items_are_assigned_and_everybody_s_again(rosa: Client, annotator: User) -> None:
    where = f"studies/{study(items=4, overlap=2).pk}/assignments"
    Group.objects.create(name="experts").user_set.add(annotator)
    assert send(rosa, where, person="anna", n=3).json() == {
        "items": 3, "too_few": "Only 1 can judge these items, which want 2 judgments each; assign them to others too",
    }  # fmt: skip
    assert send(rosa, where, group="experts").json()["items"] == 4
    assert rosa.get(f"/api/v1/{where}").json() == {"assigned": ["anna: 3 items", "group experts: 4 items"]}
    assert [send(rosa, where, **asked).status_code for asked in ({}, {"person": "nobody"})] == [409, 422]
    assert rosa.delete(f"/api/v1/{where}").json() == {"items": 4}
    assert not Item.objects.filter(is_assigned=True).exists()


def test_the_adjudicator_s_program_answers_blind_and_once(rosa: Client, researcher: User) -> None:
    made, uma = study_of_ties_and_errors(), user_create(username="uma", password=None, role=User.Role.ANNOTATOR)
    adjudicator_set(study=made, adjudicator=uma, by=researcher)
    hers, where = program(uma), f"studies/{made.pk}/adjudication"
    told = hers.get(f"/api/v1/{where}")
    assert (told.json()["left"], told.json()["had_seen"]) == (1, "") and b"p_yes" not in told.content
    item = told.json()["item"]["id"]
    assert send(hers, where, item=item, plausibility=7).status_code == 409
    for said in (1, 0):  # the second one changes nothing
        assert send(hers, where, item=item, plausibility=said, typicality=2).json()["plausibility"] == 1
    assert hers.get(f"/api/v1/{where}").json()["item"] is None and Adjudication.objects.count() == 1
    (kept,) = rosa.get(f"/api/v1/studies/{made.pk}/adjudications").json()["results"]
    assert (kept["by"], kept["item"], kept["had_seen"]) == ("uma", item, "")
    assert rosa.get(f"/api/v1/{where}").status_code == 404
