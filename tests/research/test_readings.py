"""Arms that read the control's own verdicts in another way, and arms that judge its intentions by another filter."""

import json

import numpy as np
import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from annotation.design.services import study_create
from distillation.models import Run, Verdict
from research.experiments.agreeing import agreements
from research.experiments.exact import exact
from research.experiments.factors import ExperimentRefused
from research.experiments.making import arms_check, experiment_create, experiment_plan
from research.experiments.summary import experiment_read, experiment_summary
from research.models import Experiment
from stats.arms import kept_difference
from tests.annotation.builders import rate_all
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


def make(vary: dict[str, list[str]], control: Run | None = None) -> Experiment:
    """A control of 12 intentions, of which every second has p_yes 0.9 and is kept, the others 0.2."""
    plan = experiment_plan(control=control or finished_run(6, name="one"), vary=vary)
    return experiment_create(name="look", plan=plan, checked=arms_check(plan))


def kept(made: Experiment) -> dict[str, int]:
    return {each.arm.label: each.whole.kept for each in exact(list(made.arms.select_related("run"))).arms}


def test_another_strictness_reads_the_controls_own_verdicts():
    made = make({"strictness": [".1", ".95"]})
    assert kept(made) == {"control": 6, "strictness: .1": 12, "strictness: .95": 0}
    assert Run.objects.count() == 1


def test_without_a_filter_all_is_kept_and_a_random_sample_is_as_large_as_the_filtered_set():
    made = make({"filter": ["none", "random"]})
    assert kept(made) == {"control": 6, "filter: none": 12, "filter: random": 6}
    assert all(each.adds_up for each in exact(list(made.arms.select_related("run"))).arms)


def test_readings_cost_no_calls():
    plan = experiment_plan(control=finished_run(6, name="one"), vary={"strictness": [".3"], "filter": ["none"]})
    assert (plan.forecast.calls, plan.new) == (0, ())


def test_the_command_names_readings_with_their_run(capsys):
    finished_run(6, name="one")
    call_command("create_experiment", "look", "--control", "one", "--vary", "strictness=.3", "--json")
    assert json.loads(capsys.readouterr().out)["arms"] == [{"run": "one"}, {"run": "one", "strictness": ".3"}]


@pytest.mark.parametrize(
    ("vary", "words"),
    [
        ({"strictness": ["0.5"]}, "the same as the control"),
        ({"strictness": [".3", "0.3"]}, "the same as strictness=.3"),
        ({"strictness": ["2"]}, "probability from 0 to 1"),
        ({"filter": ["gentle"]}, "known are examples-1"),
        ({"filter-model": ["@http://b"]}, "write NAME"),
        ({"filter-model": ["rules-1"]}, "filters the control already"),
    ],
)
def test_bad_readings_are_refused(vary: dict, words: str):
    with pytest.raises(ExperimentRefused, match=words):
        make(vary)


def test_without_probabilities_strictness_is_refused():
    control = finished_run(6, name="one")
    Verdict.objects.update(p_yes=None)
    with pytest.raises(ExperimentRefused, match="strictness moves none"):
        make({"strictness": [".3"]}, control)


def test_another_filter_waits_for_the_control():
    control = finished_run(6, name="one")
    Run.objects.update(state=Run.State.RUNNING)
    control.refresh_from_db()
    with pytest.raises(ExperimentRefused, match="wait until it is done"):
        make({"filter": ["strict-1"]}, control)


def test_people_tell_what_a_reading_keeps(as_researcher: Client):
    made = make({"filter": ["none"]})
    study = study_create(name="S", runs=[made.control.run], items=12, overlap=2, seed=2)
    # What is kept is plausible, what is rejected is so to half of the people.
    said = {True: [(1, 3), (1, 3)], False: [(1, 1), (0, 0)]}
    rate_all(study, {item.pk: said[item.filter_yes] for item in study.items.all()})
    *_, people = experiment_read(made)
    plausible, _, accuracy = people
    assert (plausible.name, plausible.of_arm.value, plausible.of_control.value) == (
        "Plausible, of what is kept",
        0.75,
        1,
    )
    assert plausible.difference.figure.value == -0.25
    # The filter agrees with all on what it keeps and with half on the rest: 0.75, and so does keeping all.
    assert (accuracy.of_arm.value, accuracy.of_control.value) == (0.75, 0.75)
    assert "of what is kept" in as_researcher.get(reverse("experiment", args=["look"])).content.decode()


def test_the_difference_of_what_two_rules_keep():
    yes, arm, control = [1, 0, 1, 1, 0, 1], [1, 1, 1, 1, 1, 1], [1, 0, 1, 1, 0, 0]
    found = kept_difference(yes, arm, control, clusters=np.arange(6))
    # 4/6 - 3/3; influence (y - 4/6)/6 - k(y - 1)/3 is (y - 2/3)/6: Σu² = (4·(1/3)² + 2·(2/3)²)/36, times 6/5.
    assert found.figure.value == pytest.approx(4 / 6 - 1)
    assert found.variance == pytest.approx(6 / 5 * (4 / 9 + 8 / 9) / 36)


def test_two_filters_agree_over_the_same_intentions():
    control = finished_run(6, name="one")
    made = make({"filter": ["strict-1"]}, control)
    arm = made.arms.get(is_control=False).run
    # 6 of 12 are kept by the control; the other filter keeps 3 of these and 1 of the others.
    assert list(arm.intentions.values_list("text")) == list(control.intentions.values_list("text"))
    for place, mine in enumerate(arm.intentions.order_by("pk")):
        yes = place in {0, 2, 4, 1}
        Verdict.objects.create(intention=mine, yes=yes, p_yes=0.9 if yes else 0.1, reason="r", raw_reply="r")
    [found] = agreements(list(made.arms.select_related("run")))
    assert (found.both, found.first_only, found.second_only, found.neither) == (3, 3, 1, 5)
    # (8/12 - (6·4 + 6·8)/144) / (1 - 72/144): Cohen 1960.
    assert found.kappa.value == pytest.approx((8 / 12 - 0.5) / 0.5)
    assert experiment_summary(made)["filters"][0]["kappa"]["value"] == found.kappa.value
