"""What the panels say of one small study, against the figures' own functions and by hand."""

import csv
import io
import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotation.figures.numbers import study_figures, study_revision
from annotation.figures.panels.agreement_by_judgments import UpTo, up_to_each_moment
from annotation.figures.panels.all import PANELS
from annotation.figures.rows.live import Live
from annotation.figures.tables import Column, Table
from annotation.judging.quality.interventions import participant_exclude
from annotation.judging.tallying import study_recompute
from annotation.judging.writing import judgment_revise
from annotation.models import Item, Judgment, Participant, Study
from annotation.selection import EVERYTHING, Selection
from distillation.models import Run
from stats.agreement.coefficients import krippendorff_alpha
from stats.estimate import Estimate
from tests.annotation.builders import participant, study_of_ties_and_errors
from tests.annotation.pages import text
from tests.annotation.panels import asked, page, show

pytestmark = pytest.mark.django_db
EMPTY = {
    "repeats": "No item has been judged twice by the same annotator",
    "skips": "Nobody has skipped an item",
    "looked": "No page has told what was seen",
    "filter_by_group": "items are complete, and 30 are needed",
    "unjudged": "Every item of the choice has a judgment",
}
AXIS = "axis-title"
WITHOUT_PLOT = ["confusion", "annotators", "accuracy_by_judgments", *EMPTY]  # the third begins with 30 items


@pytest.fixture(scope="module")
def judged_once(module_db: None) -> Study:
    return study_of_ties_and_errors()


@pytest.fixture
def judged(db: None, judged_once: Study) -> Study:
    return Study.objects.get(pk=judged_once.pk)


def by_judgments(made: Study, selection: Selection = EVERYTHING) -> dict[int, UpTo]:
    return up_to_each_moment(Live(asked(made, selection)).grown(), made.questions[0])


@pytest.mark.parametrize("name", [name for name in PANELS if name not in EMPTY])
def test_each_panel_shows_its_table_and_csv(as_researcher: Client, judged: Study, name: str) -> None:
    shown = show(name, judged)
    rows = list(csv.reader(io.StringIO(page(as_researcher, judged, name, ending="csv").content.decode("utf-8-sig"))))
    assert len(rows) == 1 + len(shown.table.rows)
    assert "<table" in page(as_researcher, judged, name).content.decode()


@pytest.mark.parametrize(("name", "said"), EMPTY.items())
def test_what_has_not_happened_is_said_in_place_of_a_table(
    as_researcher: Client, judged: Study, name: str, said: str
) -> None:
    assert said in show(name, judged).empty
    assert said in text(page(as_researcher, judged, name))
    assert page(as_researcher, judged, name, ending="csv").status_code == 404


@pytest.mark.parametrize("name", [name for name in PANELS if name not in WITHOUT_PLOT])
def test_a_plot_downloads_as_one_file_that_needs_no_other(as_researcher: Client, judged: Study, name: str) -> None:
    answer = page(as_researcher, judged, name, ending="svg")
    root = ElementTree.fromstring(answer.content)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    titles = [
        each.text for each in root.iter("{http://www.w3.org/2000/svg}text") if each.get("class", "").endswith(AXIS)
    ]
    assert len(titles) == (2 if show(name, judged).plot.kind in ("chart", "bubbles") else 1)
    assert all(titles)
    assert "prefers-color-scheme: dark" in answer.content.decode()
    assert "attachment" in answer["Content-Disposition"]


@pytest.mark.parametrize("name", WITHOUT_PLOT)
def test_there_is_no_plot_to_download_where_none_is_shown(as_researcher: Client, judged: Study, name: str) -> None:
    assert show(name, judged).plot is None
    assert page(as_researcher, judged, name, ending="svg").status_code == 404


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize(
    "selection",
    [Selection(with_excluded=True), Selection(since=timezone.localdate()), Selection(run=0)],
    ids=["excluded", "period", "no run"],
)
def test_a_choice_of_all_there_is_changes_no_panel(judged: Study, name: str, selection: Selection) -> None:
    assert show(name, judged, selection) == show(name, judged)


@pytest.mark.parametrize("name", [name for name in PANELS if name not in (*EMPTY, "groups")])
def test_a_choice_of_one_relation_changes_each_panel(judged: Study, name: str) -> None:
    chosen, everything = show(name, judged, Selection(relation="isA")), show(name, judged)
    assert chosen != everything
    assert (chosen.empty == "", chosen.plot is None) == (everything.empty == "", everything.plot is None)


@pytest.mark.parametrize("name", PANELS)
def test_a_choice_of_no_judgments_leaves_what_speaks_of_items_and_people(judged: Study, name: str) -> None:
    shown = show(name, judged, Selection(since=timezone.localdate() + timedelta(days=1)))
    assert (shown.empty == "") == (shown.table is not None) == (name in ("progress", "annotators", "p_yes"))


@pytest.mark.parametrize("name", PANELS)
def test_a_run_without_a_filter_is_shown_without_one(judged: Study, name: str) -> None:
    Item.objects.update(p_yes=None, filter_yes=None)
    study_recompute(judged)
    shown = show(name, judged)
    by_time = ("accuracy_by_votes", "accuracy_by_judgments")
    of_filter = ("confusion", "filter_by_group", "threshold", "calibration", "anchoring", "recall", *by_time)
    assert ("verdict" in shown.empty) == (name in of_filter)


def test_shares_by_relation_are_those_of_the_report(judged: Study) -> None:
    expected = {code: group.rates["plausibility"] for code, group in study_figures(judged).by_relation.items()}
    rows = show("plausibility", judged).table.rows
    assert {name: figure for name, figure, *_ in rows} == {
        {"usedFor": "used for", "isA": "a type of"}[group]: figure for group, figure in expected.items()
    }


def test_cells_of_the_confusion_sum_to_the_decided(judged: Study) -> None:
    # Kept, rejected, kept, rejected with majorities yes, tie, no, yes.
    rows = {name: n for name, _, n in show("confusion", judged).table.rows[:4]}
    assert rows == {
        "Filter keeps, people say plausible": 1,
        "Filter keeps, people say not plausible": 1,
        "Filter rejects, people say plausible": 1,
        "Filter rejects, people say not plausible": 0,
    }


def test_the_threshold_is_read_where_asked(judged: Study) -> None:
    # Of the run's verdicts, p 0.9 and 0.2 in turns, all are kept at 0.1 and half at 0.5.
    assert show("threshold", judged, at=0.1).more["readout"][0]["value"] == "100.0 %"
    assert show("threshold", judged).more["readout"][0]["value"] == "50.0 %"


def test_a_wanted_precision_is_looked_for(as_researcher: Client, judged: Study) -> None:
    shown = page(as_researcher, judged, "threshold", wanted="0.85", with_excluded="1")
    assert "A precision of 85 % : no threshold that keeps 20 judged items" in text(shown)
    assert 'name="with_excluded" value="1"' in shown.content.decode()
    assert page(as_researcher, judged, "threshold", wanted="85").status_code == 400


def test_agreement_of_the_last_judgment_is_that_of_all(judged: Study) -> None:
    assert by_judgments(judged)[8].alpha == krippendorff_alpha([[0, 2], [1, 1], [2, 0], [0, 2]])


def test_agreement_grows_judgment_by_judgment(judged: Study) -> None:
    # Yesterday ann-0 alone had judged: no item had two.
    first = Judgment.objects.filter(participant__annotator__username="ann-0")
    first.update(created_at=timezone.now() - timedelta(days=1))
    found = by_judgments(judged)
    assert (min(found), found[4].alpha.reason, found[8].alpha.n) == (4, "no item has two judgments", 4)


def test_chosen_judgments_are_added_up_anew(judged: Study) -> None:
    group = Group.objects.create(name="early")
    group.user_set.add(Participant.objects.get(annotator__username="ann-0").annotator)
    found = by_judgments(judged, Selection(group=group.pk))
    assert (max(found), found[4].alpha.reason) == (4, "no item has two judgments")


def test_an_annotator_is_set_against_the_others(judged: Study) -> None:
    # Three of the four items agree; with one other each, that is the majority.
    rows = show("annotators", judged).more["rows"]
    assert [row["agrees"] for row in rows] == ["75 %", "75 %"]
    assert [row["says_yes"] for row in rows] == ["75 %", "50 %"]


def test_who_is_excluded_is_compared_all_the_same(judged: Study, researcher) -> None:
    participant_exclude(participant=participant(judged, "ann-1"), reason="bots", by=researcher)
    last = show("annotators", judged).more["rows"][-1]
    assert (last["state"], last["agrees"]) == ("Excluded".lower(), "75 %")


def test_plausible_yet_not_typical(judged: Study) -> None:
    # Per item the shares are 0, 0, 0 and 1/2; weights are equal.
    figure = show("joint", judged).table.rows[-2][2]
    assert figure.value == pytest.approx(0.5 / 4)


def test_moves_after_the_reveal_are_set_against_the_verdict(judged: Study) -> None:
    who = participant(judged, "ann-1")
    kept_item = judged.items.order_by("pk")[2]  # said no; the filter keeps it
    judgment = Judgment.objects.get(participant=who, item=kept_item)
    ratings = {"plausibility": 1, "typicality": 2}
    judgment_revise(
        participant=who, judgment_id=judgment.pk, submission="8f0a5b4c-31a5-4b37-92b3-0d52c9a3f6aa", **ratings
    )
    # Verdicts are yes, no, yes, no: five of RATINGS differ from theirs, one of which moved.
    found = PANELS["anchoring"].numbers(Live(asked(judged))).found
    assert (found.revealed.differed.value, found.revealed.differed.n) == (1 / 5, 5)
    assert (found.revealed.agreed.value, found.revealed.agreed.n) == (0, 3)
    assert (found.towards, found.away) == (1, 0)


def test_an_unchanged_panel_costs_an_empty_answer(as_researcher: Client, judged: Study) -> None:
    answer = page(as_researcher, judged, "confusion", revision=study_revision(judged))
    assert (answer.status_code, answer.content) == (204, b"")


def test_panels_share_one_scan(judged: Study) -> None:
    names = ("plausibility", "typicality", "confusion", "agreement")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        for name in names:
            show(name, judged)
    scans = [query for query in queries if re.search("tally.* GROUP BY", query["sql"], re.DOTALL)]
    assert len(scans) == 1


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"relation": "loves"}, "relation = &quot;loves&quot; can&#x27;t be chosen"),
        ({"since": "tomorrow"}, "since = &quot;tomorrow&quot; can&#x27;t be chosen"),
        ({"since": "2026-02-02", "until": "2026-02-01"}, "it is before the first day; exchange the two."),
        ({"run": "99999"}, "run = &quot;99999&quot; can&#x27;t be chosen"),
    ],
)
def test_a_choice_that_the_study_has_not_is_said(
    as_researcher: Client, judged: Study, query: dict, problem: str
) -> None:
    answer = as_researcher.get(reverse("study", args=[judged.pk]), query)
    assert answer.status_code == 400
    assert problem in answer.content.decode()
    assert page(as_researcher, judged, "confusion", **query).status_code == 400


def test_an_unknown_panel_is_not_found(as_researcher: Client, judged: Study) -> None:
    assert page(as_researcher, judged, "nonsense").status_code == 404


def test_a_strictness_is_set_from_the_study(as_researcher: Client, judged: Study) -> None:
    of_study = judged.runs.get()
    answer = as_researcher.post(
        reverse("study-strictness", args=[judged.pk]),
        {"run": of_study.pk, "strictness": "0.95", "chosen": "relation=isA"},
    )
    assert answer["Location"] == f"{reverse('study', args=[judged.pk])}?relation=isA"
    assert Run.objects.get().strictness == 0.95


@pytest.mark.parametrize("form", [{"run": "x", "strictness": "0.5"}, {"strictness": "2"}])
def test_a_strictness_that_makes_no_sense_changes_nothing(as_researcher: Client, judged: Study, form: dict) -> None:
    form = {"run": judged.runs.get().pk, **form}
    answer = as_researcher.post(reverse("study-strictness", args=[judged.pk]), form, follow=True)
    assert "The strictness was not changed" in text(answer)
    assert Run.objects.get().strictness == 0.5


def test_formulas_stay_text_in_a_csv_and_numbers_stay_numbers() -> None:
    table = Table("T", (Column("Name"), Column("α", "coefficient")), [("=1+1", Estimate(-0.5, (-1.0, 0.25), 3))])
    assert table.csv().splitlines() == ['Name,α,"α, low","α, high","α, n","α, reason"', "'=1+1,-0.5,-1.0,0.25,3,"]
