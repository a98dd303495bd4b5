"""A plan is fixed before the first judgment, or not at all."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from accounts.models import User
from annotation.design.planning.fixed import Planned, plan_fix, plan_of
from annotation.design.protocol import StudyRefused
from annotation.models import Study
from tests.annotation.builders import judge, participant, study
from tests.annotation.pages import text
from tests.api.builders import program, send
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


def test_a_plan_keeps_what_was_fixed_by_whom_and_when(researcher: User) -> None:
    made = study(items=4)
    plan_fix(study=made, planned=Planned("precision", 3, 0.02), by=researcher)
    plan = plan_of(made)
    assert str(plan) == "the filter's precision, on 3 items, or until ± 2 points"
    assert (plan.fixed_by, plan.fixed_at >= made.created_at) == (researcher, True)


def test_before_the_first_judgment_a_plan_is_fixed_anew_with_a_new_time() -> None:
    made = study(items=4)
    first = plan_fix(study=made, planned=Planned("accuracy"))
    again = plan_fix(study=made, planned=Planned("recall"))
    assert (plan_of(made).figure, plan_of(made).items) == ("recall", 4)
    assert again.fixed_at >= first.fixed_at


def test_after_the_first_judgment_there_is_no_plan_any_more() -> None:
    made = study(items=4)
    judge(participant(made))
    with pytest.raises(StudyRefused, match=r"The first judgment was given on .*; a plan can only be fixed before it"):
        plan_fix(study=made, planned=Planned("accuracy"))
    assert plan_of(made) is None


@pytest.mark.parametrize(
    ("planned", "why"),
    [
        (Planned("accuracy", half_width=0), "between 0 and 50 points, not at 0"),
        (Planned("accuracy", half_width=float("nan")), "between 0 and 50 points, not at nan"),
        (Planned("accuracy", 5), "The study has 4 items, so a plan is for 1 to 4; not 5"),
        (Planned("beauty"), "one of plausibility, .*; not 'beauty'"),
    ],
)
def test_an_impossible_plan_is_refused_in_a_line(planned: Planned, why: str) -> None:
    made = study(items=4)
    with pytest.raises(StudyRefused, match=why):
        plan_fix(study=made, planned=planned)
    assert plan_of(made) is None


def test_the_command_fixes_a_plan_with_the_study_or_makes_neither(db: None) -> None:
    finished_run(name="r")
    words = ["--run", "r", "--items", "4", "--overlap", "1", "--plan-figure", "plausibility", "--plan-width"]
    with pytest.raises(CommandError, match="between 0 and 50 points, not at 0"):
        call_command("create_study", "S", *words, "0")
    assert not Study.objects.exists()
    call_command("create_study", "S", *words, "2.5")
    assert plan_of(Study.objects.get()).half_width == 0.025


def test_the_design_page_fixes_a_plan(as_researcher: Client) -> None:
    asked = {"name": "New", "runs": [finished_run().pk], "items": 4, "overlap": 1, "seed": 1}
    as_researcher.post(reverse("study-new"), {**asked, "plan_figure": "recall", "plan_width": "3"})
    plan = plan_of(Study.objects.get())
    assert (plan.figure, plan.items, plan.half_width) == ("recall", 4, 0.03)


def test_the_protocol_page_fixes_a_plan_and_says_why_not(as_researcher: Client) -> None:
    made = study(items=4)
    url, page = reverse("study-plan-fix", args=[made.pk]), reverse("study-protocol", args=[made.pk])
    refused = as_researcher.post(url, {"plan_figure": "recall", "plan_width": 0}, follow=True)
    assert "wanted half-width lies between" in text(refused)
    as_researcher.post(url, {"plan_figure": "recall"})
    assert "The filter&#x27;s recall, on 4 items. Fixed by rosa on" in text(as_researcher.get(page))
    judge(participant(made))
    assert "Fix the plan" not in text(as_researcher.get(page))


def test_a_program_fixes_a_plan_until_the_first_judgment(researcher: User) -> None:
    made, rosa = study(items=4), program(researcher)
    address, plan = f"studies/{made.pk}/plan", {"figure": "precision", "half_width": 0.02}
    assert send(rosa, address, **plan | {"half_width": 0}).status_code == 422
    assert send(rosa, address, **plan).json()["items"] == 4
    assert rosa.get(f"/api/v1/studies/{made.pk}").json()["plan"]["figure"] == "precision"
    judge(participant(made))
    assert "can only be fixed before it" in send(rosa, address, **plan).json()["detail"]
