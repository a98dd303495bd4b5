"""Experiments: arms over the same co-buys, and what is refused."""

import json

import pytest
from django.core.management import CommandError, call_command

from distillation.models import CoBuy, Product, Run
from distillation.runs.pictures import run_pictures_ready
from distillation.runs.servers import Checked
from research.experiments.factors import ExperimentRefused, vary_parse
from research.experiments.making import arms_check, experiment_create, experiment_plan
from research.models import Experiment
from tests.distillation.builders import finished_run
from tests.distillation.runs.coloured import catalog, run

pytestmark = pytest.mark.django_db


def make(name: str = "look", **asked) -> Experiment:
    plan = experiment_plan(**asked)
    return experiment_create(name=name, plan=plan, checked=arms_check(plan))


def test_each_value_becomes_a_run_over_the_controls_cobuys():
    catalog()
    control = run("as-is")
    later = [Product.objects.create(asin=f"C{n}", title="Later") for n in range(2)]
    CoBuy.objects.create(a=later[0], b=later[1])  # none of the control's
    made = make(control=control, vary={"pictures": ["grey", "none"], "titles": ["no"]})
    assert [(arm.is_control, arm.factor, arm.value) for arm in made.arms.all()] == [
        (True, "", ""),
        (False, "pictures", "grey@1"),
        (False, "pictures", "none"),
        (False, "titles", "no"),
    ]
    wanted = set(control.cobuys.values_list("cobuy", flat=True))
    assert all(set(arm.run.cobuys.values_list("cobuy", flat=True)) == wanted for arm in made.arms.all())


def test_an_arm_differs_in_its_factor_only():
    catalog()
    made = make(control=run("as-is"), vary={"temperature": ["1"]})
    control, other = (arm.run.config for arm in made.arms.all())
    assert {name for name in other if other[name] != control[name]} == {"temperature"}


def test_finished_runs_can_be_arms():
    first, second = finished_run(3, name="a"), finished_run(3, name="b")
    made = make(control=first, runs=[first, second], vary={})
    assert [arm.run.name for arm in made.arms.all()] == ["a", "b"]
    assert Run.objects.count() == 2


def test_an_arm_that_a_finished_run_is_already_is_refused():
    control = finished_run(3, name="a")
    other = finished_run(name="b")
    Run.objects.filter(pk=other.pk).update(config={**other.config, "temperature": 1.0})
    other.refresh_from_db()
    with pytest.raises(ExperimentRefused, match="temperature=1 is the same as run b"):
        make(control=control, runs=[control, other], vary={"temperature": ["1"]})


@pytest.mark.parametrize(
    ("vary", "words"),
    [
        ({"colour": ["red"]}, "Unknown factor 'colour'"),
        ({"pictures": ["gray"]}, "known are as-is"),
        ({"pictures": ["grey", "grey@1"]}, "the same as pictures=grey"),
        ({"pictures": ["as-is"]}, "the same as the control"),
        ({"temperature": ["9"]}, "from 0 to 2"),
        ({"temperature": ["warm"]}, "temperature=warm: give a number from 0 to 2"),
        ({"samples": ["2.5"]}, "samples=2.5: give a whole number from 1 to 1,000"),
        ({"strictness": ["high"]}, "strictness=high: give a probability from 0 to 1"),
        ({"model": ["llava"]}, "NAME@SERVER"),
        ({"model": ["m@http://a:1", "m@http://b:1"]}, "may read the name differently"),
        ({}, "1 to 8 arms"),
        ({"temperature": [f"0.{n}" for n in range(3, 10)] + ["1", "1.1"]}, "1 to 8 arms"),
    ],
)
def test_bad_arms_are_refused_and_nothing_is_written(vary: dict, words: str):
    catalog()
    control = run("as-is")
    with pytest.raises(ExperimentRefused, match=words):
        make(control=control, vary=vary)
    assert (Run.objects.count(), Experiment.objects.count()) == (1, 0)


def test_arms_over_different_cobuys_are_refused():
    first = finished_run(2, name="a")
    cobuys_more = [Product.objects.create(asin=f"C{n}", title=f"More {n}") for n in range(2)]
    CoBuy.objects.create(a=cobuys_more[0], b=cobuys_more[1])
    second = finished_run(name="b")
    with pytest.raises(ExperimentRefused, match="1 are in one of them only"):
        make(control=first, runs=[first, second], vary={})


def test_a_control_that_is_no_arm_is_refused():
    first, second = finished_run(2, name="a"), finished_run(2, name="b")
    with pytest.raises(ExperimentRefused, match="none of the arms b"):
        make(control=first, runs=[second], vary={})


def test_one_cobuy_is_no_experiment():
    with pytest.raises(ExperimentRefused, match="one co-buy shows nothing"):
        make(control=finished_run(1), vary={"titles": ["no"]})


def test_treatments_need_pictures():
    with pytest.raises(ExperimentRefused, match="import pictures"):
        make(control=finished_run(2), vary={"pictures": ["grey"]})


def test_a_control_without_some_pictures_leaves_their_cobuys_out_of_the_arm():
    catalog()
    Product.objects.filter(asin="B000000001").update(picture=None)
    made = make(control=run("none"), vary={"pictures": ["blur"]})
    arm = made.arms.get(is_control=False).run
    assert run_pictures_ready(arm, seconds=60)
    assert set(arm.failures.values_list("detail", flat=True)) == {"no picture of the product"}


def test_what_is_varied_is_read_from_words():
    assert vary_parse(["pictures=grey, none", "titles=no"]) == {"pictures": ["grey", "none"], "titles": ["no"]}


def test_the_command_names_each_arm(capsys):
    first, second = finished_run(2, name="a"), finished_run(2, name="b")
    call_command("create_experiment", "ab", "--control", first.name, "--runs", f"a,{second.name}", "--json")
    said = capsys.readouterr()
    assert json.loads(said.out)["arms"] == [{"run": "a"}, {"run": "b"}]
    assert said.err.startswith("No arm is to be run")  # what it will cost is said beside the JSON too


def test_models_whose_long_names_begin_alike_are_runs_of_their_own():
    models = [f"a-model-with-a-name-of-many-words-{size}@http://a:1" for size in ("7b", "13b")]
    checked = [Checked("m") for _ in models]
    plan = experiment_plan(control=finished_run(2), vary={"model": models}, any_server=True)
    made = experiment_create(name="e", plan=plan, checked=checked)
    names = made.arms.filter(is_control=False).values_list("run__name", flat=True)
    assert sorted(names) == [f"e-model-a-model-with-a-name-of-many-{place}" for place in (1, 2)]


def test_a_name_that_is_taken_is_told_with_what_to_do():
    control = finished_run(2)
    make(control=control, vary={"titles": ["no"]})
    with pytest.raises(ExperimentRefused, match="There is an experiment look already: give the new one another name"):
        make(control=control, vary={"features": ["no"]})


def test_where_no_arm_is_to_be_run_no_call_is_forecast():
    first, second = finished_run(2, name="a"), finished_run(2, name="b")
    assert experiment_plan(control=first, runs=[first, second], vary={}).forecast.words().startswith("No arm")


def test_the_command_refuses_in_one_line():
    with pytest.raises(CommandError, match="no run named nobody"):
        call_command("create_experiment", "ab", "--control", "nobody")
