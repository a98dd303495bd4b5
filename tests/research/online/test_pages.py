"""What a page says of a rehearsal, and that it warns where units are lost."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from research.models import OnlineExperiment

pytestmark = pytest.mark.django_db


def rehearse(name: str, **more) -> dict:
    out = StringIO()
    call_command("simulate_shop", name, units=3_000, rate=0.2, json=True, stdout=out, **more)
    return json.loads(out.getvalue())


def test_a_rehearsal_with_an_effect_shows_it_and_calls_itself_simulated(as_researcher: Client) -> None:
    told = rehearse("rehearsal", lift=0.8)
    first = told["lifts"][0]
    # 3,000 units at .2: √(.8/300 + .64/540) = .062 of the log lift, three of that either side of log 1.8.
    assert first["at_any_look"][0] > 0 and first["at_any_look"][0] < 0.8 < first["at_any_look"][1]
    assert first["variance_saved"] > 0
    page = as_researcher.get("/research/online/rehearsal/").content.decode()
    assert "Simulated: these units" in page
    assert "intentions sells to more units than the control" in page
    assert "rehearsal" in as_researcher.get("/research/online/").content.decode()


def test_lost_exposures_raise_the_alarm_and_no_lift_is_said(as_researcher: Client) -> None:
    told = rehearse("leaking", lost=0.3)
    assert told["sample_ratio"]["alarm"] and told["left_out"]["unknown"] > 0
    page = as_researcher.get("/research/online/leaking/").content.decode()
    assert "Nothing may be said yet" in page
    assert "sells to" not in page


def test_a_bad_rehearsal_writes_nothing() -> None:
    with pytest.raises(CommandError, match="--rate and --lift"):
        call_command("simulate_shop", "x", rate=0.5, lift=2.0)
    assert not OnlineExperiment.objects.exists()


FORM = {
    "name": "spring", "question": "", "window_days": 7, "before_days": 28, "planned_units": 10_000,
    "arm-TOTAL_FORMS": 3, "arm-INITIAL_FORMS": 0,
    "arm-0-name": "titles", "arm-0-shows": "titles", "arm-0-weight": 1,
    "arm-1-name": "kept", "arm-1-shows": "kept", "arm-1-weight": 2,
    "arm-2-name": "", "arm-2-shows": "titles", "arm-2-weight": 1,
}  # fmt: skip


def test_the_form_makes_one_without_the_empty_rows(as_researcher: Client) -> None:
    answer = as_researcher.post("/research/online/new", FORM, follow=True)
    made = OnlineExperiment.objects.get()
    assert [(arm.name, arm.shows, arm.weight) for arm in made.arms.all()] == [
        ("titles", "titles", 1), ("kept", "kept", 2)
    ]  # fmt: skip
    page = answer.content.decode()
    assert "No exposure has come yet" in page and made.salt in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"arm-1-name": ""}, "Arm 2, Name"), ({"arm-1-name": "titles"}, "names of their own"),
     ({"name": "new"}, "choose another"), ({"window_days": 0}, "Days that outcomes count"),
     ({"arm-TOTAL_FORMS": 1}, "Name at least two arms")],
)  # fmt: skip
def test_what_cannot_be_made_says_why_and_writes_nothing(wrong: dict, said: str, as_researcher: Client) -> None:
    answer = as_researcher.post("/research/online/new", FORM | wrong)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not OnlineExperiment.objects.exists()


def test_a_running_one_is_stopped_from_its_page(as_researcher: Client) -> None:
    as_researcher.post("/research/online/new", FORM)
    page = as_researcher.post("/research/online/spring/stop", follow=True).content.decode()
    assert OnlineExperiment.objects.get().stopped_at
    assert "Stopped" in page and "Stop taking exposures" not in page
