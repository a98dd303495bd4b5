"""Whose opinion figures are, against the functions on single labels; and what a worker makes of them."""

from collections.abc import Callable

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from annotation.figures.numbers import study_figures, study_revision
from annotation.figures.opinions import COMPETENCE, audit_figures, latent_figures, people_figures
from annotation.figures.pages import annotators_page
from annotation.figures.reports.report import study_report
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.figures.slow import WAITING
from annotation.figures.tasks import slow_figure_make
from annotation.models import Judgment, SlowFigure, Study
from annotation.selection import LATENT, PEOPLE, Selection
from stats.crossed import crossed_rate
from stats.filter.latent import latent_quality
from stats.filter.people import Ballots, people_quality
from stats.people.mace import competence, mace
from stats.sample import sample_of
from tests.annotation.builders import judge, participant, rate_all, study
from tests.annotation.pages import text
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def judged_once(module_db: None) -> Study:
    """40 of 80 intentions, three votes each; ann-2 says no far more often."""
    made, rng = study(run=finished_run(40), items=40, overlap=3), np.random.default_rng(4)
    votes = {
        pk: [(int(rng.random() < share), 1) for share in (0.9, 0.8, 0.3)]
        for pk in made.items.values_list("pk", flat=True)
    }
    rate_all(made, votes)
    return made


@pytest.fixture
def judged(db: None, judged_once: Study) -> Study:
    return Study.objects.get(pk=judged_once.pk)


def by_label(made: Study) -> dict[str, np.ndarray]:
    rows = Judgment.objects.filter(item__study=made).order_by("item_id", "participant__pseudonym")
    columns = zip(*rows.values_list("plausibility", "item_id", "participant__pseudonym"), strict=True)
    return dict(zip(("yes", "items", "annotators"), map(np.array, columns), strict=True))


def test_people_like_them_count_as_drawn_too(judged: Study) -> None:
    figures, again = study_figures(judged), crossed_rate(**by_label(judged))
    found = figures.people["plausibility"]
    assert (found.value, found.n) == (pytest.approx(again.value), 120)
    assert found.ci95 == pytest.approx(again.ci95)


def test_the_page_shows_whose_opinion_is_chosen(as_researcher: Client, judged: Study) -> None:
    address, found = reverse("study", args=[judged.pk]), study_figures(judged).people["plausibility"]
    shown = f"({100 * found.ci95[0]:.1f}–{100 * found.ci95[1]:.1f} %)"
    assert f"For people like them {100 * found.value:.1f} % {shown}" in text(as_researcher.get(address))
    people = text(as_researcher.get(address, {"whose": PEOPLE}))
    assert f"95 %: {shown[1:-1]}" in people
    assert (
        "accuracy, precision and recall speak of people like these 3 annotators, the filter against the maj" in people
    )
    beside = text(as_researcher.get(address, {"whose": PEOPLE, "truth": LATENT}))
    assert "Plausible and typical speak of people like these 3 annotators, the other figures of them alone" in beside


def test_the_filter_for_people_like_them(as_researcher: Client, judged: Study) -> None:
    labels, items = by_label(judged), judged.items.order_by("pk")
    yes, who = (labels[name].reshape(-1, 3) for name in ("yes", "annotators"))
    kept = np.array([p_yes >= 0.5 for p_yes in items.values_list("p_yes", flat=True)])
    each = [np.repeat(column, 3) for column in (yes.sum(axis=1), np.full(40, 3), kept, np.ones(40))]
    ballots = Ballots(who.ravel(), yes.ravel() > 0, *each, np.ones(120))
    again, found = people_quality(yes.sum(axis=1), np.full(40, 3), kept, sample_of(40), ballots), study_figures(judged)
    for name, figure in again.items():
        assert found.people[name].value == pytest.approx(figure.value)
        assert found.people[name].ci95 == pytest.approx(figure.ci95)
    low, high = again["precision"].ci95
    shown = as_researcher.get(reverse("study-panel", args=[judged.pk, "confusion"]), {"whose": PEOPLE})
    assert f"{100 * low:.1f}–{100 * high:.1f} %" in text(shown)


def test_the_latent_truth_is_that_of_single_votes(judged: Study) -> None:
    labels, rng = by_label(judged), np.random.default_rng(1)
    items, at = np.unique(labels["items"], return_inverse=True)
    kept = np.array([judged.items.get(pk=pk).p_yes >= 0.5 for pk in items.tolist()])
    again = latent_quality(at, labels["annotators"], labels["yes"], kept, kept_share=0.5, draws=20, rng=rng)
    found = latent_figures(Live(Asked(judged)), draws=20)
    assert found["accuracy"].value == pytest.approx(again.accuracy.value)
    assert found["gap"].ci95 == pytest.approx(again.gap.ci95)


def test_mace_stands_beside_the_latent_truth(judged: Study) -> None:
    labels, found = by_label(judged), latent_figures(Live(Asked(judged)), draws=20)
    again = mace(labels["items"], labels["annotators"], labels["yes"])
    kept = np.array([judged.items.get(pk=pk).p_yes >= 0.5 for pk in again.items.tolist()])
    # All items have the same chance: each is right as often as its truth is the filter's verdict.
    right = np.where(kept, again.posteriors[:, 1], again.posteriors[:, 0]).mean()
    assert found["mace_accuracy"].value == pytest.approx(right, abs=1e-4)
    assert [each.value for name, each in found.items() if name.startswith(COMPETENCE)] == pytest.approx(
        competence(again).tolist(), abs=1e-3
    )


def test_a_page_asks_a_worker_for_the_latent_truth(as_researcher: Client, judged: Study) -> None:
    address, chosen = reverse("study", args=[judged.pk]), {"truth": LATENT}
    assert "Filter accuracy, latent truth undefined a worker is working it out" in text(
        as_researcher.get(address, chosen)
    )
    slow_figure_make(SlowFigure.objects.get(name="latent").pk)
    judged.refresh_from_db()
    accuracy = latent_figures(Live(Asked(judged)))["accuracy"].value
    assert f"Filter accuracy, latent truth {100 * accuracy:.1f} %" in text(as_researcher.get(address, chosen))


def test_a_report_tells_the_latent_truth_as_a_worker_last_made_it(judged: Study) -> None:
    def told() -> tuple[str, ...]:
        (of,) = (each for each in study_report(judged).tables if "against the latent truth" in each.caption)
        return next(row[1:] for row in of.rows if row[0] == "Accuracy")

    assert told()[:2] == ("undefined", WAITING)
    slow_figure_make(judged.slow_figures.get(name="latent").pk)
    accuracy = latent_figures(Live(Asked(judged)))["accuracy"].value
    assert (told()[0], told()[2]) == (f"{100 * accuracy:.1f} %", "40")


def test_what_a_worker_made_of_earlier_judgments_says_so(as_researcher: Client, judged: Study) -> None:
    address, chosen = reverse("study", args=[judged.pk]), {"truth": LATENT}
    as_researcher.get(address, chosen)
    slow_figure_make(SlowFigure.objects.get(name="latent").pk)
    assert "as of" not in text(as_researcher.get(address, chosen))
    judged.items.update(overlap=4)
    judge(participant(judged, "late"))
    assert "40 items with votes, as of" in text(as_researcher.get(address, chosen))


def test_what_a_worker_has_made_moves_the_page(judged: Study) -> None:
    before = study_revision(judged)
    figure = SlowFigure.objects.create(study=judged, name="audit", choice=Selection(relation="isA").query)
    slow_figure_make(figure.pk)
    judged.refresh_from_db()
    figure.refresh_from_db()
    assert study_revision(judged) != before
    assert figure.numbers["audit"]["n"] == judged.items.filter(relation="isA").count()


def test_how_annotators_of_a_large_study_work_is_what_a_worker_counted(
    as_researcher: Client, judged: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = reverse("study-annotators", args=[judged.pk])
    at_once = text(as_researcher.get(address))
    monkeypatch.setattr(annotators_page, "MOST_AT_ONCE", 10)
    assert "A worker is working it out" in text(as_researcher.get(address))
    slow_figure_make(SlowFigure.objects.get(name="annotators").pk)
    assert text(as_researcher.get(address)) == at_once
    judged.items.update(overlap=4)
    judge(participant(judged, "late"))
    assert "a worker counts anew" in text(as_researcher.get(address))


@pytest.mark.parametrize("figures", [audit_figures, people_figures, latent_figures])
def test_what_is_judged_between_two_reads_speaks_for_itself(judged: Study, figures: Callable[[Live], object]) -> None:
    made = study(run=judged.runs.get(), items=4, name="new")
    rows = Live(Asked(made, revision="as it was"))
    assert not len(rows.judged()[0].items)
    judge(participant(made))
    assert figures(rows)
