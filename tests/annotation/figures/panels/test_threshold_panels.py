"""What the panels say of the filter over its thresholds, and of data that chose one."""

import json

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from annotation.figures.panels.all import PANELS
from annotation.figures.panels.filter import recall, threshold
from annotation.figures.panels.panel import Shown
from annotation.figures.reports.report import study_report
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.models import Item, Study
from annotation.selection import Selection
from common.cached import shared
from distillation.models import Run
from tests.annotation.builders import study
from tests.annotation.pages import text
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def rated() -> Study:
    """100 items of rising p(yes), from 0.005 to 0.995; plausible from 0.3 on, and each tenth otherwise."""
    made = study(run=finished_run(50), items=100, overlap=1)
    for k, item in enumerate(made.items.order_by("pk")):
        plausible = (k >= 30) != (k % 10 == 0)
        tally = 1 << 7 if plausible else 1
        changed = {"p_yes": (k + 0.5) / 100, "taken": 1, "n_judged": 1, "plausibility_tally": tally}
        Item.objects.filter(pk=item.pk).update(**changed)
    return made


def show(name: str, made: Study, **more) -> Shown:
    return PANELS[name].shown(Asked(made, **more))


def test_what_is_reported_did_not_choose(rated: Study) -> None:
    best = PANELS["threshold"].numbers(Live(Asked(rated))).best["accuracy"]
    # On the items that chose it: from 0.306 on, past a tenth one, all are right but the nine other tenth ones.
    assert (best.threshold.value, best.apparent["accuracy"].value) == (0.306, 0.91)
    assert 0.8 < best.figures["accuracy"].value < 0.91


def test_a_lower_bound_asks_for_more_than_a_point(as_researcher: Client, rated: Study) -> None:
    point, lower = (PANELS["threshold"].numbers(Live(Asked(rated, bound=by))).wanted[0.8] for by in ("point", "lower"))
    assert point.threshold.value < lower.threshold.value
    where = reverse("study-panel", args=[rated.pk, "threshold"])
    said = text(as_researcher.get(where, {"bound": "lower", "wanted": 0.8}))
    assert "A lower bound of precision of 80 %" in said
    # The study has 100 items.
    assert "precision at least 0.8 by its lower bound; figures there need 200 judged items" in said
    assert as_researcher.get(where, {"bound": "upper"}).status_code == 400


def test_items_that_stay_as_they_are_are_resampled_once_for_both_panels(
    rated: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = show("recall", rated)
    shared.clear()
    choices = show("threshold", rated, revision="1").more["choices"]
    for panel in (recall, threshold):
        monkeypatch.setattr(panel, "resampled_curves", lambda **columns: pytest.fail("resampled again"))
    assert show("recall", rated, revision="1") == shown
    assert show("threshold", rated, revision="2").more["choices"] == choices


def test_precision_and_recall_at_usual_thresholds(rated: Study) -> None:
    rows = show("recall", rated).table.rows
    # From 0.5 on 50 items are kept and 45 of these plausible, of 63 + 3; of the run every second verdict is 0.9.
    name, at, precision, recall, kept = rows[0]
    assert (name, at, precision.value, recall.value) == ("p(yes) from 0.5", 0.5, 0.9, pytest.approx(45 / 66))
    assert (kept.value, kept.ci95, kept.n) == (0.5, None, 100)
    assert [row[0] for row in rows[5:]] == [f"Recall of {recall}" for recall in (0.5, 0.6, 0.7, 0.8, 0.9)]


def test_what_a_threshold_keeps_of_the_run_is_counted(rated: Study) -> None:
    found = PANELS["threshold"].numbers(Live(Asked(rated, at=0.5)))
    kept = found.curve.at(0.5)["kept_share"]  # every second verdict is 0.9
    assert (kept.value, kept.ci95, kept.n) == (0.5, None, 100)
    assert found.best["accuracy"].figures["kept_share"].value == 0.5
    shown = show("threshold", rated, at=0.5)
    assert shown.more["readout"][0]["interval"] == "counted over the whole run, not estimated"
    assert found.curve.at(0.901)["kept_share"].value == 0


def test_of_a_category_the_kept_share_is_estimated(rated: Study) -> None:
    rated.items.update(category="Tools")
    shown = show("recall", rated, selection=Selection(category="Tools"))
    assert "estimated from the items" in shown.short
    assert "Of a category" in show("p_yes", rated, selection=Selection(category="Tools")).empty


def test_p_yes_is_spread_over_all_verdicts(rated: Study) -> None:
    # 0.2 lies in the fifth twentieth and 0.9 in the last but one.
    counts = [row[2] for row in show("p_yes", rated).table.rows]
    assert (counts[4], counts[18], sum(counts)) == (50, 50, 100)


def test_a_strictness_that_was_set_from_a_study_marks_it(
    as_researcher: Client, judged: Study, capsys: pytest.CaptureFixture
) -> None:
    of_study, where = judged.runs.get(), reverse("study-strictness", args=[judged.pk])
    as_researcher.post(where, {"run": of_study.pk, "strictness": "0.7"})
    said = "was set from this study"
    judged.refresh_from_db()
    assert said in show("threshold", judged).short
    assert said in text(as_researcher.get(reverse("study", args=[judged.pk])))
    assert "set from this study" in dict(study_report(judged).checks)["Strictness of the runs"]
    call_command("study_stats", judged.name, json=True)
    assert json.loads(capsys.readouterr().out)["strictness_set_here"] == {of_study.name: 0.7}


def test_elsewhere_or_moved_on_nothing_is_marked(as_researcher: Client, judged: Study) -> None:
    of_study, where = judged.runs.get(), reverse("study-strictness", args=[judged.pk])
    as_researcher.post(where, {"run": of_study.pk, "strictness": "0.7"})
    assert study(run=of_study, name="Other", items=2).set_here == []
    Run.objects.update(strictness=0.6)
    assert Study.objects.get(pk=judged.pk).set_here == []


def test_a_strictness_set_before_the_first_judgment_chose_nothing(as_researcher: Client, empty: Study) -> None:
    run = empty.runs.get()
    as_researcher.post(reverse("study-strictness", args=[empty.pk]), {"run": run.pk, "strictness": "0.7"})
    assert Study.objects.get(pk=empty.pk).set_here == []
