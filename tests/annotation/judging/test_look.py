"""What was really seen: kept, exported, a figure; and what was judged without a picture asked again."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User
from annotation.desk.leaving_out import judgments_offer_again
from annotation.exchange.exports.streams import judgments_csv
from annotation.figures.panels.all import PANELS
from annotation.figures.panels.looked import FULL, NOT_FULL
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.judging.allocation import item_next
from annotation.judging.look import look_read
from annotation.models import Judgment, Kind, Lease, Study
from annotation.recheck.check import figures_check
from annotation.selection import EVERYTHING
from tests.annotation.builders import participant, save, study
from tests.annotation.exchange.files import emptied, imported, rows_of
from tests.annotation.pages import rate
from tests.api.builders import program, send, take

pytestmark = pytest.mark.django_db


def look(left: str = "shown", right: str = "shown", **more) -> dict:
    picture = {"width": 320, "height": 240, "enlarged": False}
    sides = {"left": {"picture": left, **picture}, "right": {"picture": right, **picture}}
    return sides | {"in_view": 12.3, "device": "desktop", "orientation": "landscape", **more}


def test_the_page_s_report_is_kept_with_the_judgment(as_annotator: Client) -> None:
    rate(as_annotator, study(), look=json.dumps(look(right="failed", in_view=12.34)))
    assert Judgment.objects.get().look == look(right="failed")


@pytest.mark.parametrize(
    "told",
    ["", "no JSON", "[]", "{}", "9" * 5000, "[" * 100_000]
    + [json.dumps(look() | bad) for bad in ({"left": None}, {"in_view": -1}, {"in_view": "nan"}, {"device": "fridge"})]
    + [json.dumps(look("seen")), json.dumps(look() | {"left": {**look()["left"], "width": 10**9}})],
)
def test_no_judgment_is_lost_over_a_report_that_can_t_be(told: str) -> None:
    assert look_read(told) is None


def test_a_broken_report_saves_the_judgment_without_it(as_annotator: Client) -> None:
    rate(as_annotator, study(), look="{")
    assert Judgment.objects.values_list("plausibility", "look").get() == (1, None)


def test_a_program_tells_what_its_page_showed(annotator: User) -> None:
    made, anna = study(), program(annotator)
    item = take(anna, made.pk)["item"]["id"]
    said = {"submission": "11111111-1111-4111-8111-111111111111", "item": item, "plausibility": 1, "typicality": 2,
            "version": 1}  # fmt: skip
    refused = send(anna, f"studies/{made.pk}/judgments", **said, look=look("maybe"))
    assert (refused.status_code, Judgment.objects.count()) == (422, 0)
    answer = send(anna, f"studies/{made.pk}/judgments", **said, look=look())
    assert answer.json()["look"] == look() == Judgment.objects.get().look


def told(made: Study) -> list[dict]:
    names = ("picture_left", "picture_right", "size_left", "enlarged", "seconds_in_view", "device", "orientation")
    return [{name: row[name] for name in names} for row in rows_of(b"".join(judgments_csv(made)))]


def test_it_is_exported_and_comes_back(tmp_path: Path, researcher: User) -> None:
    made = study()
    who = participant(made)
    left = look()
    left["left"]["enlarged"] = True
    save(item_next(participant=who), look=left)
    before = told(made)
    assert before[0] == {
        "picture_left": "shown", "picture_right": "shown", "size_left": "320x240", "enlarged": "left",
        "seconds_in_view": "12.3", "device": "desktop", "orientation": "landscape",
    }  # fmt: skip
    exported = b"".join(judgments_csv(made))
    emptied(made)
    imported(exported, tmp_path / "j.csv")
    assert (told(made), Judgment.objects.get().look) == (before, left)


@pytest.fixture
def looked() -> Study:
    """Three judge two items: two with a full look, who agree, one without, who says no; of a fourth nothing is told."""
    made = study(items=2, overlap=4, audit_share=0)
    for name, seen, answer in (("a", look(), 1), ("b", look(), 1), ("c", look(right="failed"), 0), ("d", None, 1)):
        who = participant(made, name)
        while isinstance(lease := item_next(participant=who), Lease):
            save(lease, answer, 3 * answer, look=seen)
    return made


def test_ratings_and_agreement_stand_side_by_side(looked: Study) -> None:
    found = PANELS["looked"].numbers(Live(Asked(looked, EVERYTHING)))
    with_look, without = found.groups[FULL], found.groups[NOT_FULL]
    assert (with_look.judgments, without.judgments, found.untold) == (4, 2, 2)
    assert (with_look.plausible.value, without.plausible.value) == (1, 0)
    assert (with_look.pairs.value, without.pairs.value) == (1, None)  # nobody else without a look on the same item
    assert found.difference.value == 1  # on both items: 2/2 - 0/1
    assert "4 judgments with a full look" in PANELS["looked"].words(found).short


def test_the_figure_is_worked_out_anew_from_the_export(looked: Study) -> None:
    call_command("recompute", looked.name)
    check = figures_check(looked)
    assert [each for each in check.differences if "look" in each.figure] == []
    assert check.compared["looked"] > 4


def test_what_was_judged_without_a_picture_is_offered_again(as_researcher: Client, looked: Study) -> None:
    chosen = Judgment.objects.without_picture().values_list("pk", flat=True)
    page = as_researcher.get(reverse("study-skip-list", args=[looked.pk])).content.decode()
    assert "Judged without a picture" in page
    as_researcher.post(reverse("study-unseen-offer", args=[looked.pk]), {"judgment": list(chosen)})
    assert list(looked.items.values_list("n_judged", "taken")) == [(3, 3), (3, 3)]  # 4 wanted, 1 taken back
    assert {row["kind"]: row["counts"] for row in rows_of(b"".join(judgments_csv(looked)))} == {
        "item": "true", "unseen": "false",
    }  # fmt: skip
    call_command("recompute", looked.name)
    again = item_next(participant=participant(looked, "c"))
    assert isinstance(again, Lease)
    save(again, 1, 2, look=look())
    assert Judgment.objects.filter(item=again.item_id, kind=Kind.ITEM).count() == 4


def test_only_who_saw_no_verdict_gets_it_again() -> None:
    made = study(items=1, overlap=1)
    who = participant(made)
    judgment = save(item_next(participant=who), look=look("late"))
    assert judgment.audit_asked
    assert judgments_offer_again(study=made, judgments=[judgment.pk]) == 1
    Judgment.objects.update(filter_right=True, audited_at=judgment.created_at)
    assert not isinstance(item_next(participant=who), Lease)
    assert isinstance(item_next(participant=participant(made, "other")), Lease)


def test_nothing_else_is_offered_again(looked: Study) -> None:
    full = Judgment.objects.filter(participant__annotator__username="a").values_list("pk", flat=True)
    assert judgments_offer_again(study=looked, judgments=full) == 0
    assert not Judgment.objects.filter(kind=Kind.UNSEEN).exists()
