import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from distillation.models import Alarm, AlarmLimits
from research.alarms import alarms_sweep, diversity_readings
from tests.annotation.pages import text
from tests.distillation.builders import finished_run
from tests.distillation.runs.ticking import SERVED
from tests.research.diversity.texts import BOTH, computed
from webhooks.models import Delivery, Event, Webhook
from webhooks.services import webhooks_announce

pytestmark = pytest.mark.django_db
FIGURES = {
    "n": 1000,
    "duplicates": {"n_near": 300},
    "openings": [{"text": "they both are used", "share": 0.6}],
    "relations": [{"relation": code, "kept": kept} for code, kept in (("isA", 90), ("open", 300), ("usedFor", 10))],
}


@pytest.fixture(autouse=True)
def forgotten() -> None:
    cache.clear()


def test_readings_name_what_dominates() -> None:
    """300 of 1,000 near-duplicates; 300 of 400 kept under one relation."""
    found = [(each.kind, each.share, each.n, each.what) for each in diversity_readings(FIGURES)]
    assert found == [
        ("near_duplicates", 0.3, 1000, ""),
        ("opening", 0.6, 1000, "they both are used"),
        ("relation", 0.75, 400, "any reason"),
    ]


def test_of_two_relations_one_always_dominates() -> None:
    two = {**FIGURES, "relations": FIGURES["relations"][:2]}
    assert "relation" not in [each.kind for each in diversity_readings(two)]


def test_a_run_of_like_texts_raises_its_alarms() -> None:
    made = finished_run(50, **SERVED)
    made.intentions.update(text=BOTH)
    computed(made)
    alarms_sweep()
    assert {alarm.kind for alarm in Alarm.objects.all()} == {"near_duplicates", "opening"}


def test_a_moved_strictness_is_seen_by_the_next_sweep() -> None:
    made = finished_run(50, kept_every=2, **SERVED)
    alarms_sweep()
    assert not Alarm.objects.exists()
    type(made).objects.update(strictness=0.95)  # none of 100 has as much
    alarms_sweep()
    assert Alarm.objects.get().words == "Kept share under 20 %: 0.0 % of 100 verdicts."


def test_a_researcher_sets_the_limits_in_per_cent(as_researcher: Client) -> None:
    where = reverse("run-alarms")
    given = {"kept": "35", "failures": "", "no_probability": "10", "near_duplicates": "20", "relation": "50"}
    as_researcher.post(where, {**given, "opening": "50"})
    limits = AlarmLimits.objects.get()
    assert (limits.kept, limits.failures, limits.near_duplicates) == (0.35, None, 0.2)
    answer = as_researcher.post(where, {**given, "opening": "200"})
    assert (answer.status_code, AlarmLimits.objects.get().opening) == (422, 0.5)
    assert "The limits were not saved" in text(answer)


def test_the_page_shows_the_limits_as_people_type_them(as_researcher: Client) -> None:
    AlarmLimits.objects.create(pk=1, kept=0.125, failures=0.07, opening=None)  # 100 x 0.07 is 7.000000000000001
    form = as_researcher.get(reverse("run-alarms")).context["form"]
    assert [form.initial[name] for name in ("kept", "failures", "opening")] == ["12.5", "7", ""]


def test_the_api_sets_and_tells_limits_and_alarms(as_researcher: Client) -> None:
    made = finished_run(1, **SERVED)
    Alarm.objects.create(run=made, kind="opening", share=0.7, limit=0.5, n=400, what="they both are used")
    where = reverse("api:alarm-limits")
    assert as_researcher.get(where).json()["kept"] == 0.2
    assert as_researcher.patch(where, {"kept": None}, content_type="application/json").json()["kept"] is None
    assert as_researcher.patch(where, {"kept": 2}, content_type="application/json").status_code == 422
    assert as_researcher.get(reverse("api:run", args=["r1"])).json()["alarms"][0]["what"] == "they both are used"


def test_an_alarm_is_delivered_once_and_stands_in_the_metrics(administrator) -> None:
    Webhook.objects.create(url="https://example.org/hook", events=[Event.RUN_ALARM])
    Alarm.objects.create(run=finished_run(1, **SERVED), kind="kept", share=0.1, limit=0.2, n=400)
    for _ in range(2):
        webhooks_announce()
    payload = Delivery.objects.get().payload
    assert (payload["run"], payload["kind"], payload["share"]) == ("r1", "kept", 0.1)
    client = Client()
    client.force_login(administrator)
    assert 'mindsite_run_alarms{kind="kept",run="r1"} 1.0' in client.get("/metrics").content.decode()
