"""What the panels say of small studies, against the figures' own functions and by hand."""

import csv
import io
from collections import Counter
from datetime import date, timedelta
from xml.etree import ElementTree

import numpy as np
import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotation.design.services import study_create
from annotation.figures.numbers import study_figures, study_revision
from annotation.figures.panels.agreement_by_day import UpTo, up_to_each_day
from annotation.figures.panels.all import PANELS
from annotation.figures.panels.panel import Shown
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.figures.tables import Column, Table
from annotation.judging.interventions import participant_exclude
from annotation.judging.writing import judgment_revise
from annotation.models import Item, Judgment, Participant, Study
from annotation.selection import EVERYTHING, Selection
from distillation.models import Run
from stats.agreement.coefficients import krippendorff_alpha
from stats.estimate import Estimate
from tests.annotation.builders import judge, participant, rate_all, study
from tests.annotation.pages import text
from tests.distillation.builders import finished_run, run

pytestmark = pytest.mark.django_db


def asked(made: Study, selection: Selection = EVERYTHING, **more) -> Asked:
    return Asked(made, selection, study_revision(made), **more)


def by_day(made: Study, selection: Selection = EVERYTHING) -> dict[date, UpTo]:
    return up_to_each_day(Live(asked(made, selection)).days(), made.questions[0])


def show(name: str, made: Study, selection: Selection = EVERYTHING, **more) -> Shown:
    return PANELS[name].shown(asked(made, selection, **more))


def page(client: Client, made: Study, name: str, *, ending: str = "", **query):
    view = f"study-panel-{ending}" if ending else "study-panel"
    return client.get(reverse(view, args=[made.pk, name]), query)


@pytest.mark.parametrize("name", PANELS)
def test_without_judgments_each_panel_says_so(as_researcher: Client, empty: Study, name: str) -> None:
    answer = page(as_researcher, empty, name)
    assert answer.status_code == 200
    assert show(name, empty).empty or name == "progress"


@pytest.mark.parametrize("name", PANELS)
def test_each_panel_shows_its_table_and_csv(as_researcher: Client, judged: Study, name: str) -> None:
    shown = show(name, judged)
    if shown.empty:
        return
    rows = list(csv.reader(io.StringIO(page(as_researcher, judged, name, ending="csv").content.decode("utf-8-sig"))))
    assert len(rows) == 1 + len(shown.table.rows)
    assert "<table" in page(as_researcher, judged, name).content.decode()


@pytest.mark.parametrize("name", PANELS)
def test_a_plot_downloads_as_one_file_that_needs_no_other(as_researcher: Client, judged: Study, name: str) -> None:
    if show(name, judged).plot is None:
        return
    answer = page(as_researcher, judged, name, ending="svg")
    root = ElementTree.fromstring(answer.content)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme: dark" in answer.content.decode()
    assert "attachment" in answer["Content-Disposition"]


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize(
    "selection",
    [Selection(relation="isA"), Selection(with_excluded=True), Selection(since=timezone.localdate()), Selection(run=0)],
    ids=["relation", "excluded", "period", "nothing"],
)
def test_each_panel_stands_each_choice(judged: Study, name: str, selection: Selection) -> None:
    assert show(name, judged, selection)


@pytest.mark.parametrize("name", PANELS)
def test_a_run_without_a_filter_is_shown_without_one(judged: Study, name: str) -> None:
    Item.objects.update(p_yes=None, filter_yes=None)
    shown = show(name, judged)
    assert name not in ("confusion", "threshold", "calibration") or "verdict" in shown.empty


def test_shares_by_relation_are_those_of_the_report(judged: Study) -> None:
    expected = {code: group.rates["plausibility"] for code, group in study_figures(judged).by_relation.items()}
    rows = show("plausibility", judged).table.rows
    assert {name: figure for name, figure, *_ in rows} == {
        {"usedFor": "used for", "isA": "is a"}[group]: figure for group, figure in expected.items()
    }


def test_shares_of_many_categories_are_drawn_in_part() -> None:
    made = study(run=finished_run(40), items=80, overlap=1)
    for number, item in enumerate(made.items.all()):
        Item.objects.filter(pk=item.pk).update(category=f"Category {number}", plausibility_tally=128)
    shown = show("plausibility", made, by="category")
    assert (len(shown.plot.rows), len(shown.table.rows)) == (30, 80)


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
    # Of three decided items (p 0.9, 0.9, 0.2) all are kept at 0.1 and two at 0.5.
    assert show("threshold", judged, at=0.1).more["readout"][0]["value"] == "100.0 %"
    assert show("threshold", judged).more["readout"][0]["value"] == "66.7 %"


def test_a_wanted_precision_is_looked_for(as_researcher: Client, judged: Study) -> None:
    shown = page(as_researcher, judged, "threshold", wanted="0.85", with_excluded="1")
    assert "A precision of 85 % : no threshold that keeps 20 judged items" in text(shown)
    assert 'name="with_excluded" value="1"' in shown.content.decode()
    assert page(as_researcher, judged, "threshold", wanted="85").status_code == 400


def test_agreement_up_to_the_last_day_is_that_of_all(judged: Study) -> None:
    last = list(by_day(judged).values())[-1]
    assert last.alpha == krippendorff_alpha([[0, 2], [1, 1], [2, 0], [0, 2]])


def test_agreement_grows_day_by_day(judged: Study) -> None:
    # Yesterday ann-0 alone had judged: no item had two.
    first = Judgment.objects.filter(participant__annotator__username="ann-0")
    first.update(created_at=timezone.now() - timedelta(days=1))
    yesterday, today = by_day(judged).values()
    assert (yesterday.alpha.reason, yesterday.judgments) == ("no item has two judgments", 4)
    assert today.alpha.n == 4


def test_each_day_is_as_if_the_study_had_ended_with_it() -> None:
    made, rng = study(run=finished_run(10), items=20, overlap=3), np.random.default_rng(5)
    rate_all(made, {item.pk: [(int(yes), 1) for yes in rng.integers(2, size=3)] for item in made.items.all()})
    for judgment in Judgment.objects.all():
        earlier = timezone.now() - timedelta(days=judgment.pk % 4)
        Judgment.objects.filter(pk=judgment.pk).update(created_at=earlier)
    call_command("recompute", made.name)
    for day, found in by_day(made).items():
        until = Judgment.objects.filter(created_at__date__lte=day)
        counts = Counter(until.values_list("item_id", "plausibility"))
        again = krippendorff_alpha([[counts[item, 0], counts[item, 1]] for item in {item for item, _ in counts}])
        assert (found.alpha.value, found.alpha.n) == (pytest.approx(again.value), again.n)
        assert found.alpha.ci95 == pytest.approx(again.ci95)


def test_chosen_judgments_are_added_up_anew(judged: Study) -> None:
    group = Group.objects.create(name="early")
    group.user_set.add(Participant.objects.get(annotator__username="ann-0").annotator)
    (only,) = by_day(judged, Selection(group=group.pk)).values()
    assert (only.judgments, only.alpha.reason) == (4, "no item has two judgments")


def test_the_end_follows_from_the_pace(empty: Study) -> None:
    judge(participant(empty))
    Judgment.objects.update(created_at=timezone.now() - timedelta(days=1))
    judge(participant(empty))
    # Two judgments in two days, six to go: six days from now.
    found = PANELS["progress"].numbers(Live(asked(empty)))
    assert (found.pace, found.to_go, found.ends) == (1, 6, timezone.localdate() + timedelta(days=6))


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
    scans = [query for query in queries if "GROUP BY" in query["sql"]]
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


def test_of_several_runs_one_is_chosen_before_its_strictness_is_set(as_researcher: Client) -> None:
    runs = [finished_run(2, name="one"), run("two")]
    made = study_create(name="Two", runs=runs[:1], items=4, overlap=1)
    made.runs.add(runs[1])
    rate_all(made, {item.pk: [(1, 3)] for item in made.items.all()})
    assert "choose one of the runs above" in text(page(as_researcher, made, "threshold"))
    assert "Set it" in text(page(as_researcher, made, "threshold", run=runs[0].pk))
    assert [row[0] for row in show("plausibility", made, by="run").table.rows] == ["one"]


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
