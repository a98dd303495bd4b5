"""What is kept of a large study and brought up to date is what is read anew."""

from collections.abc import Callable
from uuid import uuid4

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from annotation.design.extending import study_raise_overlap
from annotation.desk.leaving_out import judgments_leave_out
from annotation.figures.numbers import study_revision
from annotation.figures.pages.starting import study_pace
from annotation.figures.rows import asked, kept, moments, singles
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.judging.allocation import item_next
from annotation.judging.quality.interventions import participant_exclude
from annotation.judging.writing import audit_save, judgment_revise
from annotation.models import Study
from annotation.selection import EVERYTHING, Selection
from common.leaves import leaves
from tests.annotation.builders import judge, participant, prefer, preference_study, rate_all, save, study
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db

KINDS = {
    "by relation": lambda rows: rows.judged(),
    "by run": lambda rows: rows.judged("run"),
    "by p(yes)": lambda rows: rows.decided(),
    "by moment": lambda rows: rows.grown(),
    "by last moment": lambda rows: rows.completed(),
    "pace": lambda rows: rows.pace(),
}


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """All studies are, single judgments are read of one item in four; there are 1 to 4 moments, by the ids of items."""
    monkeypatch.setattr(asked, "KEPT_FROM", 1)
    monkeypatch.setattr(singles, "MOST_ROWS", 30)
    monkeypatch.setattr(moments, "MOMENTS", 4)


@pytest.fixture
def made(db: None) -> Study:
    """40 of 80 intentions, overlap 3, two votes each."""
    made, rng = study(run=finished_run(40), items=40, overlap=3), np.random.default_rng(4)
    rate_all(made, {item.pk: rng.integers(2, size=(2, 2)).tolist() for item in made.items.all()})
    return made


def rows_of(made: Study, *, keep: bool, choice: Selection = EVERYTHING) -> dict[str, dict[str, object]]:
    made = Study.objects.for_figures().get(pk=made.pk)
    rows = Live(Asked(made, choice, f"{study_revision(made)}{'' if keep else uuid4()}", on_page=keep))
    return {name: dict(leaves(read(rows))) for name, read in KINDS.items()}


def revise(made: Study, by: User) -> None:
    who = participant(made, "owing")
    asked = {"judgment_id": who.judgments.get().pk, "submission": uuid4()}
    judgment_revise(participant=who, **asked, plausibility=0, typicality=0)


def audit(made: Study, by: User) -> None:
    who = participant(made, "owing")
    audit_save(participant=who, judgment_id=who.judgments.get().pk, filter_right=True)


CHANGES: dict[str, Callable[[Study, User], object]] = {
    "audit": audit,
    "judgments": lambda made, by: [judge(participant(made, "late"), k % 2) for k in range(5)],
    "of somebody new": lambda made, by: judge(participant(made, "new"), 0, 0),
    "revision": revise,
    "exclusion": lambda made, by: participant_exclude(participant=participant(made, "ann-1"), reason="fast", by=by),
    "left out": lambda made, by: judgments_leave_out(
        study=made, judgments=list(participant(made, "ann-0").judgments.values_list("pk", flat=True)[:7]), by=by
    ),
    "overlap": lambda made, by: study_raise_overlap(study=made, overlap=5, by=by),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_kept_is_what_is_read_anew_after(made: Study, researcher: User, change: str) -> None:
    made.audit_share = 0 if change == "revision" else 1
    made.save(update_fields=["audit_share"])
    save(item_next(participant=participant(made, "owing")))
    before = rows_of(made, keep=True)
    CHANGES[change](Study.objects.get(pk=made.pk), researcher)
    found = rows_of(made, keep=True)
    assert found == rows_of(made, keep=False)
    assert (found == before) == (change == "audit")


def test_judgments_are_added_and_not_all_counted_anew(made: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    rows_of(made, keep=True)
    monkeypatch.setattr(kept, "_counted", None)
    judge(participant(made, "late"))
    assert rows_of(made, keep=True) == rows_of(made, keep=False)


def test_where_there_are_no_rows_not_all_is_counted_anew_either(made: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = Selection(category="none of the items'")
    rows_of(made, keep=True, choice=nothing)
    judge(participant(made, "late"), 1)
    monkeypatch.setattr(kept, "_counted", None)
    monkeypatch.setattr(kept, "MOST_SINCE", 50)  # of the 160 judgments from before
    assert rows_of(made, keep=True, choice=nothing)


def test_items_that_are_chosen_are_kept_by_themselves(made: Study) -> None:
    choice = Selection(relation=made.items.values_list("relation", flat=True)[0])
    rows_of(made, keep=True, choice=choice)
    for _ in range(8):
        judge(participant(made, "late"))
    assert rows_of(made, keep=True, choice=choice) == rows_of(made, keep=False, choice=choice)


def test_of_chosen_judgments_nothing_is_kept(made: Study) -> None:
    on_page = Asked(made, revision="1", on_page=True)
    assert on_page.keeps
    assert not Asked(made, Selection(with_excluded=True), "1", on_page=True).keeps
    assert not Asked(made, revision="1").keeps


def test_a_judgment_more_moves_no_moment(made: Study) -> None:
    before = rows_of(made, keep=True)["by moment"]
    judge(participant(made, "late"))
    steps = [value for name, value in before.items() if name.endswith(".step")]
    after = [value for name, value in rows_of(made, keep=True)["by moment"].items() if name.endswith(".step")]
    assert set(steps) == set(after) and 1 <= max(steps) <= 4


def test_the_pace_of_a_large_study_is_that_of_a_small_one(made: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    large = study_pace(made)
    monkeypatch.setattr(asked, "KEPT_FROM", 10_000)
    small = study_pace(made)
    assert large and small
    assert (large["a_day"], large["left"]) == (small["a_day"], small["left"]) == (80, 40)


def test_the_dashboard_of_a_large_study_shows_what_came(as_researcher: Client, made: Study) -> None:
    address = reverse("study", args=[made.pk])
    assert as_researcher.get(address).context["figures"]["judgments"] == 80
    judge(participant(made, "late"))
    assert as_researcher.get(address).context["figures"]["judgments"] == 81


def test_single_judgments_are_read_again_when_a_part_more_have_come(
    made: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "BITS_TOLD", 5)  # 80 to 83 are as many
    rows = [len(Live(Asked(made, revision=f"{k}", on_page=True)).answers().who) for k in (1, 2)]
    judge(participant(made, "late"))
    assert [len(Live(Asked(made, revision="3", on_page=True)).answers().who)] == rows[1:]
    participant_exclude(participant=participant(made, "ann-1"), reason="fast", by=participant(made).annotator)
    assert len(Live(Asked(made, revision="4", on_page=True)).answers().who) < rows[0]


def test_a_large_study_of_preferences_has_a_pace_too(db: None) -> None:
    made = preference_study()
    prefer(participant(made))
    pace = study_pace(made)
    assert pace and pace["a_day"] == 1
