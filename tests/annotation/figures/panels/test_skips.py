"""Skips are in a panel, on the items page, in a file of their own and in study_stats."""

import csv
import io
import json

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from annotation.figures.panels.all import PANELS
from annotation.figures.panels.skips import Skips
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.judging.allocation import item_next, item_skip
from annotation.models import Participant, Study
from annotation.recheck.check import figures_check
from annotation.selection import EVERYTHING, Selection
from tests.annotation.builders import judge, participant, study
from tests.annotation.pages import text
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def skipped() -> Study:
    """One skips two items, the other one; then one judgment each."""
    made = study(run=finished_run(4), items=8, overlap=2)
    for name, reasons in (("ann-1", ["cannot_tell", "offensive"]), ("ann-2", ["cannot_tell"])):
        who = participant(made, name)
        for reason in reasons:
            item_skip(participant=who, item_id=item_next(participant=who).item_id, reason=reason)
        judge(who)
    return made


def found(made: Study, selection: Selection = EVERYTHING) -> Skips:
    return PANELS["skips"].numbers(Live(Asked(made, selection)))


def test_skips_are_a_share_of_what_was_judged_or_skipped(skipped: Study) -> None:
    overall = found(skipped).overall
    assert (overall.share.value, overall.share.n) == (3 / 5, 5)
    assert overall.reasons == {"cannot_tell": 2, "offensive": 1}


def test_skips_of_who_is_excluded_do_not_count(skipped: Study) -> None:
    Participant.objects.filter(annotator__username="ann-2").update(state="excluded")
    assert found(skipped).overall.reasons == {"cannot_tell": 1, "offensive": 1}
    assert sum(found(skipped, Selection(with_excluded=True)).overall.reasons.values()) == 3


def test_the_panel_is_worked_out_anew_from_the_file_of_skips(skipped: Study) -> None:
    call_command("recompute", skipped.name)
    check = figures_check(skipped)
    assert [each for each in check.differences if "skips" in each.figure] == []
    assert check.compared["skips by run"] > 4


def test_skipped_items_are_found_with_their_reasons(as_researcher: Client, skipped: Study) -> None:
    page = as_researcher.get(reverse("study-items", args=[skipped.pk]), {"show": "skipped"})
    expected = set(skipped.items.filter(skips__isnull=False).values_list("pk", flat=True))
    assert {row["item"].pk for row in page.context["rows"]} == expected
    assert "cannot tell" in text(page) and "1 offensive" in text(page)


def test_skips_leave_as_a_file_of_their_own(as_researcher: Client, skipped: Study) -> None:
    answer = as_researcher.get(reverse("study-skips", args=[skipped.pk]))
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert sorted(row["reason"] for row in rows) == ["cannot_tell", "cannot_tell", "offensive"]
    assert {row["counts"] for row in rows} == {"true"}


def test_commands_tell_of_skips(skipped: Study, capfdbinary: pytest.CaptureFixture) -> None:
    call_command("study_stats", skipped.name, json=True)
    assert json.loads(capfdbinary.readouterr().out)["skips"] == {"cannot_tell": 2, "offensive": 1}
    call_command("export_judgments", skipped.name, skips=True)
    assert capfdbinary.readouterr().out.count(b"cannot_tell") == 2
