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
