"""The blunt test's question, put to people."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from distillation.models import Intention, Run
from distillation.runs.pictures import run_pictures_ready
from research.experiments.blunt.asking import followed_by_people, followed_save, next_for
from research.experiments.factors import ExperimentRefused
from research.models import Arm, Experiment, Followed
from tests.distillation.runs.coloured import catalog, run


def swapped() -> Arm:
    """Two co-buys with an intention each, shown each other's pictures."""
    catalog()
    made = run("swapped")
    assert run_pictures_ready(made, seconds=60)
    for place in made.cobuys.order_by("cobuy"):
        Intention.objects.create(run=made, cobuy=place.cobuy, relation="usedFor", text="For warmth.", raw_reply="r")
    return Experiment.objects.create(name="look").arms.create(run=made, factor="pictures", value="swapped", place=1)


@pytest.mark.django_db
def test_each_person_is_asked_once_of_each_and_the_fewest_answered_come_first(researcher: User, annotator: User):
    arm = swapped()
    first = next_for(arm, researcher)
    followed_save(arm=arm, intention_id=first.pk, person=researcher, kind="title")
    other = next_for(arm, annotator)
    assert other != first
    followed_save(arm=arm, intention_id=next_for(arm, researcher).pk, person=researcher, kind="both")
    assert next_for(arm, researcher) is None


@pytest.mark.django_db
def test_what_people_say_is_shared_out_by_intention(researcher: User, annotator: User):
    arm = swapped()
    one, two = arm.run.intentions.order_by("pk")
    for person, intention, kind in (
        *((researcher, one, "title"), (annotator, one, "picture")),
        *((researcher, two, "picture"), (annotator, two, "cannot")),
    ):
        followed_save(arm=arm, intention_id=intention.pk, person=person, kind=kind)
    # The first is half title, half picture; the second, by the one who can tell, picture.
    said = {kind: found.value for kind, found in followed_by_people(arm).items()}
    assert said == pytest.approx({"title": 0.25, "picture": 0.75, "both": 0, "neither": 0})


@pytest.mark.django_db
def test_the_page_names_neither_run_nor_arm_and_saves(as_annotator: Client):
    arm = swapped()
    where = reverse("followed-ask", args=[arm.pk])
    words = as_annotator.get(where).content.decode()
    assert "swapped" not in words
    intention = arm.run.intentions.earliest("pk")
    for kind in ("title", "both"):  # the second stands for the first
        as_annotator.post(where, {"intention": intention.pk, "kind": kind})
    assert Followed.objects.get().kind == "both"


@pytest.mark.django_db
def test_other_arms_and_other_answers_are_refused(as_annotator: Client, researcher: User):
    arm = swapped()
    with pytest.raises(ExperimentRefused, match="keys 1 to 5"):
        followed_save(arm=arm, intention_id=arm.run.intentions.earliest("pk").pk, person=researcher, kind="x")
    plain = arm.experiment.arms.create(run=run("as-is"), is_control=True, place=0)
    assert as_annotator.get(reverse("followed-ask", args=[plain.pk])).status_code == 404
    assert Run.objects.count() == 2
