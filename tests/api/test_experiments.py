"""Experiments by the API: the rules of the pages."""

import pytest

from accounts.models import User
from research.models import Experiment
from tests.api.builders import program, send
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


def test_arms_are_started_and_shown(researcher: User):
    finished_run(2, name="one")
    finished_run(2, name="two")
    client = program(researcher)
    made = send(client, "experiments", name="look", control="one", runs=["one", "two"])
    assert (made.status_code, [arm["run"] for arm in made.json()["arms"]]) == (201, ["one", "two"])
    shown = client.get("/api/v1/experiments/look").json()
    assert [arm["kept_share"] for arm in shown["arms"]] == [0.5, 0.5]
    listed = client.get("/api/v1/experiments").json()["results"]
    assert [(each["name"], len(each["arms"])) for each in listed] == [("look", 2)]


def test_what_it_would_cost_is_told_and_nothing_started(researcher: User):
    control = finished_run(2, name="one")
    asked = {"control": "one", "vary": {"titles": ["no"], "features": ["no"]}}
    told = send(program(researcher), "experiments", name="look", only_forecast=True, **asked)
    assert (told.status_code, told.json()["arms"]) == (200, 2)
    units = control.cobuys.count() * control.units_per_cobuy  # each a call for its intention and one for its verdict
    assert told.json()["calls"] == 2 * 2 * units + control.products.count()  # without features no product is asked
    assert not Experiment.objects.exists()


def test_a_refusal_is_a_problem_with_its_words(researcher: User):
    finished_run(2, name="one")
    answer = send(program(researcher), "experiments", name="look", control="one", vary={"colour": ["red"]})
    assert answer.status_code == 422
    assert "Unknown factor" in answer.content.decode()
    assert not Experiment.objects.exists()
