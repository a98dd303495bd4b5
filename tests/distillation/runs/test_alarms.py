import pytest

from distillation.models import Alarm, AlarmLimits, Failure, Run, Verdict
from distillation.runs.alarms import Reading, alarm_limits_set, alarms_settle, run_readings
from tests.distillation.builders import finished_run
from tests.distillation.runs.ticking import SERVED, ticks

pytestmark = pytest.mark.django_db


def on(made: Run) -> dict[str, str]:
    alarms_settle(run=made, readings=run_readings(made), limits=AlarmLimits.now())
    return {alarm.kind: alarm.words for alarm in made.alarms.all()}


@pytest.mark.parametrize(
    ("cobuys", "kept_every", "alarm"),
    [(49, 10, False), (50, 10, True), (50, 5, False)],  # 98 verdicts; 100, 10 kept; 100, 20 kept
)
def test_the_kept_share_is_wrong_under_a_fifth_of_a_hundred(cobuys: int, kept_every: int, alarm: bool) -> None:
    assert ("kept" in on(finished_run(cobuys, kept_every=kept_every, **SERVED))) == alarm


def test_the_baseline_has_no_alarm() -> None:
    assert on(finished_run(50, kept_every=10)) == {}


def test_a_researcher_moves_a_limit_or_takes_it_away() -> None:
    made = finished_run(50, kept_every=10, **SERVED)
    alarm_limits_set(limits={"kept": 0.05})
    assert on(made) == {}
    alarm_limits_set(limits={"kept": 0.5})
    assert on(made)["kept"] == "Kept share under 50 %: 10.0 % of 100 verdicts."
    alarm_limits_set(limits={"kept": None})
    assert on(made) == {}


def test_a_filter_that_lately_rejects_is_wrong_though_the_whole_is_well() -> None:
    made = finished_run(3, **SERVED)
    Run.objects.update(state="running")
    made.refresh_from_db()
    ticks(made, {"verdicts": 60, "yes": 9}, {"verdicts": 60, "yes": 9})  # 18 of 120: 15 %
    assert on(made) == {"kept_lately": "The filter lately rejects nearly all: 15.0 % yes of the last 120 verdicts."}


def test_failures_count_among_what_has_ended() -> None:
    made = finished_run(50, **SERVED)  # 100 verdicts; of ten of them failures instead
    for row in made.intentions.order_by("pk")[:10]:
        Failure.objects.create(run=made, step="intention", cobuy=row.cobuy, relation=row.relation, reason="timeout")
    made.intentions.filter(pk__in=made.intentions.order_by("pk").values("pk")[:10]).delete()
    assert on(made)["failures"] == "Failures over 5 %: 10.0 % of 100 units."


def test_verdicts_without_a_probability_are_told() -> None:
    made = finished_run(50, **SERVED)
    some = Verdict.objects.order_by("pk").values("pk")[:20]
    Verdict.objects.filter(pk__in=some).update(p_yes=None)
    assert on(made) == {"no_probability": "Verdicts without a probability over 10 %: 20.0 % of 100."}


def test_an_alarm_that_stays_keeps_its_time_and_one_that_is_over_goes() -> None:
    made, limits = finished_run(1, **SERVED), AlarmLimits.now()
    alarms_settle(run=made, readings=[Reading(Alarm.Kind.NEAR_DUPLICATES, 0.3, 500)], limits=limits)
    first = made.alarms.get()
    alarms_settle(run=made, readings=[Reading(Alarm.Kind.NEAR_DUPLICATES, 0.4, 500)], limits=limits)
    alarm = made.alarms.get()
    assert (alarm.pk, alarm.since, alarm.share) == (first.pk, first.since, 0.4)
    alarms_settle(run=made, readings=[Reading(Alarm.Kind.NEAR_DUPLICATES, 0.1, 500)], limits=limits)
    assert not made.alarms.exists()
