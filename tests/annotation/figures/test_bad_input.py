"""Studies as they should not be: every figure says what it can, and why it can't say more."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from annotation.design.planning.fixed import Planned, plan_fix
from annotation.design.protocol import StudyRefused
from annotation.exchange.exports.streams import judgments_csv
from annotation.figures.numbers import study_figures
from annotation.figures.panels.all import panels_of
from annotation.figures.reports.report import study_report
from annotation.figures.rows.asked import Asked
from annotation.judging.allocation import Finished, item_next, item_skip
from annotation.models import Item, Lease, Study
from annotation.recheck.check import figures_check
from distillation.models import Intention, Verdict
from tests.annotation.builders import judge, participant, rate_all, study
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


def shown(made: Study) -> Study:
    """After every panel, the report and the check have come to an end."""
    assert study_report(made).datasheet()
    assert all(panel.shown(Asked(made)) for panel in panels_of(made))
    assert figures_check(made).differences == []
    return made


def all_yes(made: Study) -> Study:
    rate_all(made, {pk: [(1, 1)] * made.overlap for pk in made.items.values_list("pk", flat=True)})
    return made


def test_a_plan_after_the_first_judgment() -> None:
    made = study()
    judge(participant(made))
    with pytest.raises(StudyRefused, match="a plan can only be fixed before it"):
        plan_fix(study=made, planned=Planned("accuracy"))


@pytest.mark.parametrize("width", [0.0, -0.1, 0.5, float("nan")])
def test_a_wanted_width_that_can_not_be(width: float) -> None:
    with pytest.raises(StudyRefused, match="lies between 0 and 50 points"):
        plan_fix(study=study(), planned=Planned("accuracy", half_width=width))


def test_one_annotator_one_item_one_category() -> None:
    made = shown(all_yes(study(items=1, overlap=1)))
    figures = study_figures(made)
    assert (figures.rates["plausibility"].value, figures.people["plausibility"].ci95) == (1, None)
    assert figures.agreement["plausibility"]["krippendorff_alpha"]["nominal"]["value"] is None


def test_all_is_skipped() -> None:
    made = study(items=2, overlap=1)
    who = participant(made)
    while isinstance(lease := item_next(participant=who), Lease):
        item_skip(participant=who, item_id=lease.item_id, reason="cannot_tell")
    assert isinstance(lease, Finished)
    figures = study_figures(shown(made))
    assert (figures.judgments, figures.rates["plausibility"].reason) == (0, "no judgments yet")


@pytest.mark.parametrize(("missing", "said"), [(3, "p_yes is missing for 3 of the run's"), (None, "p_yes is missing")])
def test_p_yes_is_missing_for_some_or_all_verdicts(missing: int | None, said: str) -> None:
    run = finished_run(15)
    gone = Verdict.objects.order_by("pk").values("pk")[: missing or 1_000]
    Verdict.objects.filter(pk__in=gone).update(p_yes=None)
    made = shown(all_yes(study(run=run, items=30, overlap=1)))
    figures = study_figures(made)
    assert said in figures.assisted["plausibility"].fallback
    assert figures.rates["plausibility"].value == 1


def test_a_run_that_has_shrunk_since_the_sample() -> None:
    made = all_yes(study(run=finished_run(15), items=20, overlap=1))
    Intention.objects.exclude(items__study=made).delete()
    figures = study_figures(shown(made))
    assert figures.assisted["plausibility"].fallback == "the run is not as it was when the sample was drawn from it"
    assert figures.rates["plausibility"].value == 1


def test_weights_of_a_thousand_million() -> None:
    made = study(run=finished_run(4), items=8, overlap=1)
    items = list(made.items.order_by("pk"))
    Item.objects.filter(pk=items[0].pk).update(inclusion_probability=1e-9)
    rate_all(made, {item.pk: [(int(item == items[0]), 1)] for item in items})
    # The one item that says yes weighs 1e9, the seven others 1 each.
    assert study_report(made).datasheet()
    figures = study_figures(made)
    assert figures.rates["plausibility"].value == pytest.approx(1 - 7e-9)


@pytest.mark.parametrize("rating", ["NaN", "nan", "inf", "1e400"])
def test_a_rating_of_a_file_that_is_no_number(tmp_path: Path, rating: str) -> None:
    made, path = all_yes(study(items=2, overlap=1)), tmp_path / "judgments.csv"
    lines = b"".join(judgments_csv(made)).decode().splitlines()
    place = lines[0].split(",").index("plausibility")
    cells = lines[1].split(",")
    path.write_text("\n".join([lines[0], ",".join([*cells[:place], rating, *cells[place + 1 :]]), *lines[2:]]))
    again = study(run=made.runs.get(), name="again", items=2, overlap=1)
    with pytest.raises(CommandError, match=r"line 2: plausibility .* is none of 0, 1. Nothing was imported"):
        call_command("import_judgments", "again", path)
    assert study_figures(again).judgments == 0


def test_two_studies_over_one_run_with_the_same_person() -> None:
    first = all_yes(study(run=finished_run(2), items=4, overlap=1))
    second = study(run=first.runs.get(), name="T", items=4, overlap=1)
    # Every verdict was shown to ann-0 in the first study: nothing is blind to them here.
    assert isinstance(item_next(participant=participant(second, "ann-0")), Finished)
    judge(participant(second, "ann-1"))
    assert (study_figures(shown(first)).judgments, study_figures(shown(second)).judgments) == (4, 1)
