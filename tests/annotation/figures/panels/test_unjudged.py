"""Items that stay unjudged: others speak for them, and pages and report say how many there are."""

import pytest
from django.test import Client

from annotation.design.services import study_set_state
from annotation.figures.numbers import study_figures
from annotation.figures.panels.all import PANELS
from annotation.figures.panels.unjudged import Unjudged
from annotation.figures.reports.report import study_report
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.judging.tallying import study_recompute
from annotation.models import Judgment, Study
from annotation.recheck.check import figures_check
from annotation.selection import EVERYTHING, Selection
from tests.annotation.builders import rate_all, study
from tests.annotation.pages import text
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def halved_once(module_db: None) -> Study:
    """20 of 40 intentions: of the 10 kept all are judged and plausible, of the 10 rejected half, and none plausible."""
    made = study(run=finished_run(20), items=20, overlap=1, strata=["verdict"], audit_share=0)
    rate_all(made, {item.pk: [(int(item.stratum == "kept"), 1)] for item in made.items.all()})
    gone = made.items.filter(stratum="rejected").order_by("pk").values("pk")[:5]
    Judgment.objects.filter(item__in=gone).delete()
    study_recompute(made)
    study_set_state(study=made, state=Study.State.CLOSED)
    made.refresh_from_db()
    return made


@pytest.fixture
def halved(db: None, halved_once: Study) -> Study:
    return Study.objects.get(pk=halved_once.pk)


def found(made: Study, selection: Selection = EVERYTHING) -> Unjudged:
    return PANELS["unjudged"].numbers(Live(Asked(made, selection)))


def test_the_judged_speak_for_their_stratum(halved: Study) -> None:
    # Of 15 judged items 10 are plausible; half of the run is kept, so it is 0.5, not 0.67.
    figures = study_figures(halved)
    assert (figures.items_judged, figures.rates["plausibility"].value) == (15, pytest.approx(0.5))


def test_share_and_bounds_are_told(halved: Study) -> None:
    of = found(halved)
    # 5 of 20 items; half of the rejected. 0.5 of the judged 0.75 say yes, the other 0.25 could be no or yes.
    assert (of.share, of.by_stratum) == (0.25, {"rejected": 0.5, "kept": 0})
    assert of.bounds["Plausible"] == pytest.approx((0.375, 0.625))
    assert "stand for 25% of the run stay unjudged, most in rejected (50%)" in of.warning


def test_thresholds_and_both_ratings_speak_for_the_unjudged_too(halved: Study) -> None:
    curve = PANELS["threshold"].numbers(Live(Asked(halved))).curve
    both = PANELS["joint"].numbers(Live(Asked(halved))).found.table
    # At threshold 0.5 the kept half of the run; implausible and any typicality is the other half.
    assert curve.kept_share.value[500] == pytest.approx(0.5)
    assert sum(both[0]) == pytest.approx(0.5)


def test_page_and_report_warn(as_researcher: Client, halved: Study) -> None:
    assert "Items that stand for 25% of the run stay unjudged" in text(as_researcher.get(f"/studies/{halved.pk}/"))
    (table,) = [each for each in study_report(halved).tables if each.caption.startswith("Share without a judgment")]
    assert (table.rows, "Mind: items that stand for 25%" in table.caption) == (
        [("The whole run", "25.0 %"), ("rejected", "50.0 %"), ("kept", "0.0 %")],
        True,
    )
    assert study_report(halved).tables[0].rows[0][1] == "50.0 %"


def test_an_open_study_is_not_warned_of_what_is_still_to_come(as_researcher: Client, halved: Study) -> None:
    study_set_state(study=halved, state=Study.State.OPEN)
    assert "stay unjudged" not in text(as_researcher.get(f"/studies/{halved.pk}/"))
    assert (
        PANELS["unjudged"]
        .show(Live(Asked(Study.objects.get())))
        .short.startswith("Items that stand for 25.0 % of the run have no judgment yet")
    )


def test_which_judgments_are_chosen_does_not_matter(halved: Study) -> None:
    assert found(halved, Selection(with_excluded=True)) == found(halved)


def test_it_is_worked_out_anew(halved: Study) -> None:
    check = figures_check(halved)
    assert (check.differences, check.compared["unjudged"]) == ([], 7)
