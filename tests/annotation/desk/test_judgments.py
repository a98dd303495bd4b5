"""Judgments to look through: found by each filter, left out and taken back, sent back and looked at again."""

from csv import DictReader
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Deed, User
from annotation.desk.leaving_out import TakenBack, judgments_leave_out, judgments_take_back, last_left_out
from annotation.desk.sending_back import judgments_send_back
from annotation.exchange.exports.options import Options
from annotation.exchange.exports.rows import Rows
from annotation.exchange.exports.streams import judgments_csv, judgments_stream
from annotation.figures.numbers import study_figures
from annotation.judging.allocation import item_next
from annotation.judging.tallying import study_recompute
from annotation.judging.writing import judgment_revise
from annotation.models import Item, Judgment, Kind, SentBack, Study
from tests.annotation.builders import (
    judge,
    participant,
    prefer,
    preference_study,
    save,
    study,
    study_of_ties_and_errors,
)
from tests.api.builders import program

pytestmark = pytest.mark.django_db
SUBMISSION = "0190a000-0000-7000-8000-000000000001"


def listed(client: Client, made: Study, **asked) -> list[int]:
    page = client.get(reverse("study-judgments-list", args=[made.pk]), asked)
    return sorted(row["judgment"].pk for row in page.context["rows"])


def change(client: Client, made: Study, query: str = "", **posted):
    return client.post(reverse("study-judgments-change", args=[made.pk]) + query, posted, follow=True)


def test_each_filter_finds_its_judgments(as_researcher: Client) -> None:
    """By the builder's table: plausible 1, 1, 1, 0, 0, 0, 1, 1; the tie is item 2, on which ann-1 says no."""
    made = study_of_ties_and_errors()
    said = {each.pk: each for each in Judgment.objects.all()}
    first = participant(made, "ann-0")
    Judgment.objects.filter(pk=min(said)).update(comment="odd", active_seconds=1.0, version=1)
    Judgment.objects.exclude(pk=min(said)).update(active_seconds=9)
    found = {
        "annotator": listed(as_researcher, made, annotator=first.pk),
        "answer": listed(as_researcher, made, answer="plausibility:0"),
        "comment": listed(as_researcher, made, comment="with"),
        "faster": listed(as_researcher, made, faster=2),
        "split": listed(as_researcher, made, disagreement="split"),
        "alone": listed(as_researcher, made, disagreement="alone"),
        "since": listed(as_researcher, made, since="2999-01-01"),
    }
    assert found["annotator"] == sorted(pk for pk, each in said.items() if each.participant_id == first.pk)
    assert found["answer"] == sorted(pk for pk, each in said.items() if each.plausibility == 0)
    assert found["comment"] == found["faster"] == [min(said)]
    assert len(found["split"]) == 2 and len({said[pk].item_id for pk in found["split"]}) == 1
    assert found["alone"] == found["since"] == []


@pytest.mark.parametrize("asked", [{"annotator": "x"}, {"faster": "nan"}, {"answer": "a:b"}, {"after": "-1"}])
def test_what_the_study_does_not_know_is_refused_in_one_line(as_researcher: Client, asked: dict) -> None:
    page = as_researcher.get(reverse("study-judgments-list", args=[study().pk]), asked)
    assert page.status_code == 400 and "be read" in page.content.decode()


def test_what_is_left_out_counts_nowhere_and_its_place_is_free(researcher: User) -> None:
    """Of eight judgments on four items two are left out: six count, and two places are free."""
    made = study_of_ties_and_errors()
    gone = list(Judgment.objects.order_by("pk").values_list("pk", flat=True)[:2])
    assert judgments_leave_out(study=made, judgments=gone, by=researcher) == 2
    assert study_figures(made).judgments == 6
    assert sum(made.items.values_list("taken", flat=True)) == 6
    assert sum(made.participants.values_list("n_judged", flat=True)) == 6
    assert set(study_recompute(made).values()) == {0}
    rows = b"".join(judgments_csv(made)).decode().splitlines()
    assert sum(",left,false," in row for row in rows) == 2
    assert Deed.objects.get(kind="judgments.excluded").details == {"judgments": 2}


def test_taking_back_restores_every_figure(researcher: User) -> None:
    made = study_of_ties_and_errors()
    before = study_figures(made)
    gone = list(Judgment.objects.values_list("pk", flat=True)[:3])
    judgments_leave_out(study=made, judgments=gone, by=researcher)
    assert sorted(last_left_out(made)) == sorted(gone)
    assert judgments_take_back(study=made, judgments=gone, by=researcher) == TakenBack(3, 0)
    assert study_figures(made) == before
    assert set(study_recompute(made).values()) == {0}


def test_a_place_that_another_has_taken_is_not_given_twice(researcher: User) -> None:
    made = study(items=1, overlap=1)
    mine = judge(participant(made))
    judgments_leave_out(study=made, judgments=[mine.pk], by=researcher)
    judge(participant(made, "ann-2"))
    assert judgments_take_back(study=made, judgments=[mine.pk], by=researcher) == TakenBack(0, 1)
    assert Item.objects.get().n_judged == 1


def test_gold_answers_stay(researcher: User) -> None:
    made = study()
    mine = judge(participant(made))
    Judgment.objects.filter(pk=mine.pk).update(kind=Kind.GOLD)
    assert judgments_leave_out(study=made, judgments=[mine.pk], by=researcher) == 0


def test_all_of_the_filters_are_left_out_and_undone_with_one_press_each(as_researcher: Client) -> None:
    made = study_of_ties_and_errors()
    assert (
        "3 judgments left out"
        in change(as_researcher, made, "?answer=plausibility:0", to="leave-out", all="1").content.decode()
    )
    assert len(listed(as_researcher, made, kind="left")) == 3
    assert "3 judgments taken back" in change(as_researcher, made, to="undo").content.decode()
    assert listed(as_researcher, made, kind="left") == []


def test_broken_requests_change_nothing(as_researcher: Client) -> None:
    made = study_of_ties_and_errors()
    others = str(10**30)
    for posted in ({"to": "leave-out", "judgment": ["x", others, "0"]}, {"to": "?"}, {"to": "send-back", "all": "1"}):
        change(as_researcher, made, **posted)
    change(as_researcher, made, "?annotator=999999", to="leave-out", all="1")
    assert Judgment.objects.filter(kind=Kind.ITEM).count() == 8 and not SentBack.objects.exists()


def test_what_is_sent_back_is_looked_at_again_and_marked(researcher: User, as_annotator: Client) -> None:
    made = study(audit_share=0)
    who = participant(made, "anna")
    mine = save(item_next(participant=who))
    assert judgments_send_back(study=made, judgments=[mine.pk], word="Read the title", by=researcher) == 1
    assert judgments_send_back(study=made, judgments=[mine.pk], word="Again", by=researcher) == 0  # still open
    assert "sent back" in as_annotator.get("/judge/").content.decode()
    assert "Read the title" in as_annotator.get(reverse("judge-own", args=[made.pk])).content.decode()
    revision = judgment_revise(
        participant=who, judgment_id=mine.pk, submission=SUBMISSION, plausibility=0, typicality=0
    )
    assert (revision.sent_back, SentBack.objects.get().answered_at is not None) == (True, True)
    assert "sent back" not in as_annotator.get("/judge/").content.decode()


def test_an_export_marks_what_was_sent_back_and_programs_see_it(researcher: User, annotator: User) -> None:
    made = study(audit_share=0)
    who = participant(made, "anna")
    mine = save(item_next(participant=who))
    judgments_send_back(study=made, judgments=[mine.pk], word="Read the title", by=researcher)
    asked = program(annotator).get(f"/api/v1/studies/{made.pk}/judgments", {"sent_back": True}).json()["results"]
    assert [each["sent_back"] for each in asked] == ["Read the title"]
    judgment_revise(participant=who, judgment_id=mine.pk, submission=SUBMISSION, plausibility=0, typicality=0)
    rows = list(DictReader(b"".join(judgments_stream(Rows(made, Options(revisions=True)))).decode().splitlines()))
    assert [row["sent_back"] for row in rows] == ["", "true"]


def test_preferences_are_looked_through_too(as_researcher: Client, researcher: User) -> None:
    made = preference_study()
    mine = prefer(participant(made))
    assert listed(as_researcher, made, answer=f"preference:{mine.preference}") == [mine.pk]
    judgments_leave_out(study=made, judgments=[mine.pk], by=researcher)
    assert made.items.get(pk=mine.item_id).n_judged == 0


def test_a_person_s_page_shows_each_day(as_researcher: Client) -> None:
    made = study_of_ties_and_errors()
    who = participant(made, "ann-1")
    page = as_researcher.get(reverse("study-annotator-days", args=[made.pk, who.pk]))
    ((_, day),) = page.context["days"]
    # ann-1 says 1, 0, 0, 1; the others 1, 1, 0, 1: one other each, three times the same
    assert (day["n"], day["yes"], day["agrees"]) == (4, "50 % of 4", "75 % of 4")
    assert page.context["shown"]["plot"] is None  # one day is no course


def test_agreement_is_drawn_over_the_days(as_researcher: Client) -> None:
    made = study_of_ties_and_errors()
    who = participant(made, "ann-1")
    first = who.judgments.order_by("pk").first()
    who.judgments.filter(pk=first.pk).update(created_at=first.created_at - timedelta(days=2))
    plot = as_researcher.get(reverse("study-annotator-days", args=[made.pk, who.pk])).context["shown"]["plot"]
    assert [row.text for row in plot.rows] == ["100 %", "67 %"]
