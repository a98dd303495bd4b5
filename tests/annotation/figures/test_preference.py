"""Figures of preference studies: from judgments with known answers, and again from the export."""

import csv
import io
import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from annotation.exchange.exports.streams import judgments_csv
from annotation.figures.preferences.numbers import PreferenceFigures, preference_figures
from annotation.judging.allocation import item_next
from annotation.judging.participants import participant_join
from annotation.judging.quality.interventions import participant_exclude
from annotation.models import Lease, Study
from annotation.scales import Preference
from stats.preference.rates import share_of
from tests.annotation.builders import different_runs, participant, prefer, preference_study

pytestmark = pytest.mark.django_db
WORDS = {"first": Preference.LEFT, "second": Preference.RIGHT}


def answered(study: Study, answers: list[list[str]]) -> PreferenceFigures:
    """Each list is of one annotator, for the items by their ids: first, second, BOTH_GOOD …"""
    place = {pk: i for i, pk in enumerate(study.items.order_by("pk").values_list("pk", flat=True))}
    for i, own in enumerate(answers):
        who = participant(study, f"ann-{i}")
        while isinstance(lease := item_next(participant=who), Lease):
            said = own[place[lease.item_id]]
            meant = WORDS.get(said) or Preference[said]
            prefer(who, meant if lease.first_left else meant.mirrored)
    return preference_figures(study)


def test_a_win_rate_counts_ties_as_halves_and_leaves_out_who_can_not_tell():
    # Run a: 4 wins, 1 loss, 2 ties, of 7: (4 + 1)/7.
    study = preference_study(items=4, overlap=2)
    found = answered(study, [["first", "first", "second", "BOTH_GOOD"], ["first", "first", "BOTH_BAD", "CANNOT_TELL"]])
    pair = found.pairs[0]
    assert (pair.first, pair.second, pair.win.n) == ("run-a", "run-b", 7)
    assert pair.win.value == pytest.approx(5 / 7)
    assert [each.value for each in (pair.better, pair.worse, pair.both_good, pair.both_bad)] == pytest.approx(
        [4 / 7, 1 / 7, 1 / 7, 1 / 7]
    )
    assert found.answers["cannot_tell"] == 1


def test_sides_are_counted_as_they_stood():
    study = preference_study(items=4, overlap=1)
    who = participant(study)
    for answer in (Preference.LEFT, Preference.LEFT, Preference.RIGHT, Preference.BOTH_BAD):
        prefer(who, answer)
    found = preference_figures(study)
    assert found.checks.left.value == pytest.approx(2 / 3)
    assert found.answers == {"left": 2, "right": 1, "both_good": 0, "both_bad": 1, "cannot_tell": 0}


def test_three_runs_have_strengths_in_the_order_of_their_wins():
    study = preference_study(runs=different_runs(3), items=18, overlap=2)
    items = list(study.items.order_by("pk").select_related("run"))
    ours = ["first" if item.run.name == "run-a" or i % 3 else "BOTH_GOOD" for i, item in enumerate(items)]
    theirs = ["second" if i % 4 == 0 else said for i, said in enumerate(ours)]
    strengths = answered(study, [ours, theirs]).strengths
    a, b, c = (strengths[name].value for name in ("run-a", "run-b", "run-c"))
    assert a > b > c
    assert a + b + c == pytest.approx(0)


def test_preferences_in_a_circle():
    # On each co-buy and relation a over b, b over c, c over a.
    study = preference_study(runs=different_runs(3), items=6, overlap=1)
    items = list(study.items.order_by("pk").select_related("run", "other_run"))
    circle = ["second" if (item.run.name, item.other_run.name) == ("run-a", "run-c") else "first" for item in items]
    found = answered(study, [circle]).checks.circles
    assert (found.value, found.n) == (1, 2)


def test_who_is_excluded_does_not_count(researcher):
    study = preference_study(items=2, overlap=2)
    answered(study, [["first", "first"], ["second", "second"]])
    participant_exclude(participant=participant(study, "ann-1"), reason="careless", by=researcher)
    assert preference_figures(study).pairs[0].win.value == 1


def test_nothing_judged_has_reasons():
    found = preference_figures(preference_study())
    assert found.pairs[0].win.reason == "no judgments yet"
    assert all(each.value is None and each.reason for each in found.strengths.values())


def test_the_export_gives_the_same_figures():
    study = preference_study(items=4, overlap=2)
    found = answered(study, [["first", "second", "BOTH_BAD", "first"], ["first", "first", "second", "CANNOT_TELL"]])
    rows = list(csv.DictReader(io.StringIO(b"".join(judgments_csv(study)).decode())))
    told = [row for row in rows if row["counts"] == "true" and row["answer"] != "cannot_tell"]
    score = [{"run-a": 1, "run-b": 0}.get(row["better_run"], 0.5) for row in told]
    cobuys = [(row["asin_a"], row["asin_b"]) for row in told]
    again = share_of(score, np.unique(cobuys, axis=0, return_inverse=True)[1], [row["annotator"] for row in told])
    assert again.value == pytest.approx(found.pairs[0].win.value)
    assert again.ci95 == pytest.approx(found.pairs[0].win.ci95)


def test_the_export_has_what_was_shown_on_each_side():
    study = preference_study(items=1, overlap=1)
    saved = prefer(participant(study), Preference.LEFT)
    row = next(csv.DictReader(io.StringIO(b"".join(judgments_csv(study)).decode())))
    left, right = ("first_shown", "second_shown") if saved.first_left else ("second_shown", "first_shown")
    assert (row["left_text"], row["right_text"]) == (getattr(saved.item, left), getattr(saved.item, right))
    assert row["better_run"] == row["left_run"] != row["right_run"]


def test_who_has_seen_verdicts_is_marked_in_the_export_and_left_out_of_the_figures(researcher):
    # Anna prefers the first of two runs; Rosa, a researcher, says the opposite and does not count.
    study = preference_study(items=6, overlap=1)
    rosa = participant_join(study, researcher)
    lease = item_next(participant=rosa)
    prefer(rosa, Preference.RIGHT if lease.first_left else Preference.LEFT)
    assert answered(study, [["first"] * 6]).pairs[0].win.value == 1
    rows = csv.DictReader(io.StringIO(b"".join(judgments_csv(study)).decode()))
    told = {(row["role"], row["had_seen"], row["kind"], row["counts"]) for row in rows}
    assert told == {("researcher", "role", "seen", "false"), ("annotator", "", "item", "true")}


def test_page_and_its_tables(as_researcher: Client):
    study = preference_study(items=2, overlap=2)
    answered(study, [["first", "first"], ["second", "BOTH_GOOD"]])
    page = as_researcher.get(reverse("study", args=[study.pk])).content.decode()
    assert "Which is better" in page
    assert "How strong each run is" not in page  # of two runs the table of pairs says it
    table = as_researcher.get(reverse("study-preferences-csv", args=[study.pk, "pairs"])).content.decode("utf-8-sig")
    assert next(csv.DictReader(io.StringIO(table)))["Win rate"] == str(2.5 / 4)
    assert as_researcher.get(reverse("study-preferences-csv", args=[study.pk, "none"])).status_code == 404


def test_the_page_asks_again_only_for_what_is_new(as_researcher: Client):
    study = preference_study(items=2, overlap=2)
    poll = reverse("study-figures", args=[study.pk])
    revision = as_researcher.get(reverse("study", args=[study.pk])).context["revision"]
    assert as_researcher.get(poll, {"revision": revision}).status_code == 204
    prefer(participant(study))
    assert as_researcher.get(poll, {"revision": revision}).status_code == 200


@pytest.mark.parametrize("name", ["study-items", "study-report", "study-compare", "study-report-json"])
def test_pages_of_ratings_are_not_there(as_researcher: Client, name):
    assert as_researcher.get(reverse(name, args=[preference_study().pk])).status_code == 404


@pytest.mark.parametrize(
    "name", ["study-annotators", "study-protocol", "study-exports", "study-preview", "study-export"]
)
def test_pages_of_all_studies_are(as_researcher: Client, name):
    study = preference_study()
    prefer(participant(study))
    assert as_researcher.get(reverse(name, args=[study.pk])).status_code == 200


def test_commands(capsys, tmp_path):
    study = preference_study(items=2, overlap=1)
    prefer(participant(study))
    call_command("study_stats", "P", "--json")
    assert json.loads(capsys.readouterr().out)["answers"]["left"] == 1
    call_command("study_stats", "P")
    assert "run-a" in capsys.readouterr().out
    with pytest.raises(CommandError, match="Label Studio"):
        call_command("export_judgments", "P", "--format", "label-studio", "--output", str(tmp_path / "x.json"))
    with pytest.raises(CommandError, match="preference study"):
        call_command("check_figures", "P")
