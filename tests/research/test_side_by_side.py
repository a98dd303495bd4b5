"""The same co-buy in all arms, and what intentions follow when the pictures are another product's."""

import pytest
from django.test import Client
from django.urls import reverse

from distillation.models import Exposure, Run
from distillation.runs.pictures import run_pictures_ready
from research.experiments.blunt.following import Told, following, follows
from research.experiments.making import arms_check, experiment_create, experiment_plan
from tests.distillation.runs.coloured import catalog, run


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("To keep warm in a jacket", "title"),
        ("To boil water in kettles", "picture"),
        ("A jacket, and a kettle for after the walk", "both"),
        ("To be happy", "neither"),
        ("A red thing", "neither"),  # both are red
    ],
)
def test_what_an_intention_follows(text: str, kind: str):
    assert follows(Told(1, text, "Rain jacket, scarlet red", "Water kettle, scarlet red")) == kind


def test_shares_of_kinds_add_up():
    told = [Told(n, text, "jacket", "kettle") for n, text in enumerate(["jacket", "kettle", "jacket", "nothing"])]
    shares = {kind: found.value for kind, found in following(told).items()}
    assert shares == {"title": 0.5, "picture": 0.25, "both": 0, "neither": 0.25}


def test_without_intentions_there_is_no_share():
    assert following([])["title"].value is None


@pytest.mark.django_db
def test_each_arm_is_shown_with_what_it_saw(as_researcher: Client):
    catalog()
    control = run("as-is")
    plan = experiment_plan(control=control, vary={"pictures": ["blur", "swapped", "none"]})
    experiment_create(name="look", plan=plan, checked=arms_check(plan))
    for each in Run.objects.all():
        assert run_pictures_ready(each, seconds=60)
    words = as_researcher.get(reverse("experiment-pairs", args=["look"])).content.decode()
    cobuy = control.cobuys.order_by("cobuy").first().cobuy
    blurred = Run.objects.get(name="look-pictures-blur-1").products.get(product=cobuy.a).shown
    assert cobuy.a.picture.digest in words
    assert blurred.digest in words
    assert words.count("no picture<") == 2
    assert Exposure.objects.count() == 4
