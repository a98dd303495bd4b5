"""Blind means blind: who has seen a study's verdicts is refused or marked, told before, and left out of the figures."""

import pytest
from django.test import Client

from accounts.models import User
from annotation.exchange.exports.streams import judgments_csv
from annotation.figures.numbers import study_figures
from annotation.judging.allocation import item_next
from annotation.judging.participants import participant_get
from annotation.judging.refusals import JudgingRefused
from annotation.judging.tallying import study_recompute
from annotation.models import Item, Judgment, Participant, Study
from annotation.selection import Selection
from distillation.models import Exposure
from distillation.runs.exposure import exposure_record
from tests.annotation.builders import judge, participant, save, study
from tests.annotation.exchange.files import rows_of
from tests.annotation.pages import text, url
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


def of(made: Study, person: User) -> Participant:
    return participant_get(study_id=made.pk, annotator=person)


def sees(person: User, made: Study) -> None:
    exposure_record(user=person, runs=made.runs.values_list("pk", flat=True), where=Exposure.Where.FILE)


def test_a_researcher_is_refused_where_the_study_says_so(as_researcher: Client, researcher: User) -> None:
    made = study(seen="refuse")
    page = text(as_researcher.get(f"/judge/{made.pk}/"))
    assert "This study is for people who have not seen the verdicts" in page
    with pytest.raises(JudgingRefused, match="You have seen verdicts"):
        item_next(participant=of(made, researcher))
    assert "have not seen the verdicts" in text(as_researcher.get(url("page", made)))


def test_who_has_seen_verdicts_in_the_middle_saves_no_more(annotator: User) -> None:
    made = study(seen="refuse")
    lease = item_next(participant=of(made, annotator))
    sees(annotator, made)
    with pytest.raises(JudgingRefused, match="You have seen verdicts"):
        save(lease)


def test_verdicts_of_another_run_are_no_matter(annotator: User) -> None:
    made = study(seen="refuse")
    exposure_record(user=annotator, runs=[finished_run(name="other").pk], where=Exposure.Where.PAGE)
    judge(of(made, annotator))
    assert Judgment.objects.values_list("kind", "role", "had_seen").get() == ("item", "annotator", "")


def test_the_marked_are_told_before_the_first_item(as_researcher: Client) -> None:
    assert "your judgments are marked" in text(as_researcher.get(f"/judge/{study().pk}/"))


def test_the_blind_are_told_nothing_of_it(as_annotator: Client) -> None:
    assert "are marked" not in text(as_annotator.get(f"/judge/{study().pk}/"))


def test_marked_judgments_take_no_place_and_are_counted_on_wish(researcher: User) -> None:
    # Rosa says no twice, Anna yes twice: of Anna alone all are plausible, of both a half.
    made = study(items=2, overlap=1)
    rosa = of(made, researcher)
    judge(rosa, 0, 0), judge(rosa, 0, 0)
    assert set(Item.objects.values_list("taken", "n_judged")) == {(0, 0)}
    anna = participant(made, "blind")
    judge(anna), judge(anna)
    figures = [study_figures(made, Selection(with_seen=seen)) for seen in (False, True)]
    assert [each.judgments for each in figures] == [2, 4]
    assert [each.rates["plausibility"].value for each in figures] == [1.0, 0.5]
    assert Judgment.objects.filter(kind="seen").values_list("role", "had_seen").distinct().get() == (
        "researcher",
        "role",
    )
    rosa.refresh_from_db()
    assert (rosa.n_judged, rosa.n_seen) == (0, 2)
    assert study_recompute(made) == {"judgments": 0, "items": 0, "participants": 0}


def test_a_former_researcher_is_marked_by_what_they_opened(annotator: User) -> None:
    made = study()
    sees(annotator, made)
    judge(of(made, annotator))
    assert Judgment.objects.values_list("kind", "role", "had_seen").get() == ("seen", "annotator", "file")


def test_dashboard_and_export_say_it(as_researcher: Client, researcher: User) -> None:
    made = study()
    judge(of(made, researcher)), judge(of(made, researcher))
    page = text(as_researcher.get(f"/studies/{made.pk}/"))
    assert "2 judgments by people who had seen verdicts: left out, count them" in page
    assert "counted, leave them out" in text(as_researcher.get(f"/studies/{made.pk}/", {"with_seen": "1"}))
    rows = rows_of(b"".join(judgments_csv(made)))
    assert {(row["kind"], row["counts"], row["role"], row["had_seen"]) for row in rows} == {
        ("seen", "false", "researcher", "role")
    }


def test_the_marked_see_their_progress(as_researcher: Client, researcher: User) -> None:
    made = study(items=3)
    judge(of(made, researcher))
    assert "1 of 3" in text(as_researcher.get(url("page", made)))
