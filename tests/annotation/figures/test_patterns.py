"""Figures of a choice of judgments, and that the tallies give what the judgments give."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from django.contrib.auth.models import Group

from annotation.design.services import study_create
from annotation.figures.numbers import study_figures
from annotation.figures.patterns import patterns
from annotation.figures.rates import by_group
from annotation.figures.rows.totals import totals
from annotation.judging.quality.interventions import participant_exclude
from annotation.models import Judgment, Study
from annotation.selection import EVERYTHING, Selection
from distillation.models import Product, Run, Verdict
from tests.annotation.builders import rate_all, study
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


def test_two_categories_of_a_pair_are_named_together() -> None:
    run = finished_run(1)
    first, second = Product.objects.order_by("pk")[:2]
    Product.objects.filter(pk=first.pk).update(category="Toys")
    Product.objects.filter(pk=second.pk).update(category="Books")
    assert set(study(run=run, items=2).items.values_list("category", flat=True)) == {"Books + Toys"}


def test_runs_are_compared_at_their_own_strictness() -> None:
    runs = [finished_run(2, name="one"), finished_run(2, name="two")]
    Verdict.objects.update(p_yes=0.6, yes=True)
    Run.objects.filter(name="two").update(strictness=0.7)
    made = study_create(name="S", runs=runs, items=8, overlap=1)
    rate_all(made, {pk: [(1, 1)] for pk in made.items.values_list("pk", flat=True)})
    rows, _ = patterns(made, EVERYTHING, "run")
    kept = {
        name: group.kept.value
        for name, group in by_group(rows, made.questions, totals(made, EVERYTHING, "run")).items()
    }
    assert kept == {"one": 1.0, "two": 0.0}


def test_items_without_a_verdict_are_left_out_of_the_filter_s_figures() -> None:
    run = finished_run(2)
    Verdict.objects.all().delete()
    Run.objects.update(backend="imported")
    made = study(run=run, items=4, overlap=1)
    rate_all(made, {pk: [(1, 1)] for pk in made.items.values_list("pk", flat=True)})
    figures = study_figures(made)
    assert (figures.rates["plausibility"].value, figures.filter.quality.accuracy.value) == (1.0, None)
    assert figures.filter.quality.accuracy.reason == "the intentions have no verdict"
    assert figures.audit.n == 0


@pytest.fixture(scope="module")
def judged_once(module_db: None) -> Study:
    """18 of 40 intentions in two strata; three random judgments an item."""
    made = study(run=finished_run(20, kept_every=4), items=18, overlap=3, strata=["verdict"])
    rng = np.random.default_rng(3)
    drawn = np.stack([rng.integers(2, size=(18, 3)), rng.integers(4, size=(18, 3))], axis=-1).tolist()
    rate_all(made, dict(zip(made.items.values_list("pk", flat=True), drawn, strict=True)))
    return made


@pytest.fixture
def judged(db: None, judged_once: Study) -> Study:
    return Study.objects.get(pk=judged_once.pk)


def test_tallies_and_judgments_give_the_same_figures_to_the_last_digit(judged: Study) -> None:
    # From the first day on: the same judgments, but each is counted.
    assert study_figures(judged, Selection(since=date(2026, 1, 1))) == study_figures(judged)
    assert study_figures(judged, Selection(with_excluded=True)) == study_figures(judged)


def test_with_the_excluded_all_that_was_said_counts_again(judged: Study) -> None:
    before, who = study_figures(judged), judged.participants.first()
    participant_exclude(participant=who, reason="at random", by=who.annotator)
    again = study_figures(judged, Selection(with_excluded=True))
    assert study_figures(judged).judgments < before.judgments == again.judgments
    assert (again.raw_rates, again.agreement, again.audit) == (before.raw_rates, before.agreement, before.audit)


def test_a_pattern_stands_for_its_items(judged: Study) -> None:
    rows, progress = patterns(judged, EVERYTHING)
    assert (rows.items.sum(), progress.items, progress.wanted, progress.items_complete) == (18, 18, 54, 18)
    assert len(rows.items) <= 18
    assert (rows.counts["plausibility"].sum(axis=1) == 3).all()


def test_a_relation_is_chosen(judged: Study) -> None:
    chosen = study_figures(judged, Selection(relation="isA"))
    whole = study_figures(judged).by_relation["isA"]
    assert chosen.items == chosen.items_judged == whole.items
    assert chosen.rates["plausibility"].value == pytest.approx(whole.rates["plausibility"].value)


def test_a_period_is_chosen_by_whole_days(judged: Study) -> None:
    first_half = Judgment.objects.filter(pk__lte=Judgment.objects.order_by("pk")[26].pk)
    first_half.update(created_at=datetime(2026, 3, 1, 23, 59, tzinfo=UTC) - timedelta(hours=12))
    assert study_figures(judged, Selection(until=date(2026, 3, 1))).judgments == 27
    assert study_figures(judged, Selection(since=date(2026, 3, 2))).judgments == 27


def test_a_group_of_annotators_is_chosen(judged: Study) -> None:
    students = Group.objects.create(name="students")
    students.user_set.add(*[person.annotator for person in judged.participants.order_by("pk")[:2]])
    figures = study_figures(judged, Selection(group=students.pk))
    assert (figures.judgments, figures.annotators, figures.wanted) == (36, 2, 54)


def test_categories_have_their_own_rates(judged: Study) -> None:
    assert list(
        by_group(patterns(judged, EVERYTHING, "category")[0], judged.questions, totals(judged, EVERYTHING, "category"))
    ) == ["none"]
