import json

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Item, Study
from annotation.services import StudyRefused, study_create, study_set_state
from distillation.models import Run, Verdict
from tests.annotation.builders import study
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


def test_it_samples_items_with_their_inclusion_probability() -> None:
    made = study(run=finished_run(5), items=4, overlap=3)  # 5 co-buys x 2 relations = 10 intentions
    assert made.state == Study.State.OPEN
    assert list(made.items.values_list("inclusion_probability", "overlap")) == [(0.4, 3)] * 4
    assert sorted(made.items.values_list("order_key", flat=True)) == [0, 1, 2, 3]


def test_the_same_seed_samples_the_same_intentions() -> None:
    run = finished_run(10)
    first, second, other = (study(run=run, name=f"S{i}", items=8, seed=seed) for i, seed in enumerate([1, 1, 2]))
    assert intentions(first) == intentions(second) != intentions(other)


def intentions(of: Study) -> list[int]:
    return list(of.items.order_by("order_key").values_list("intention_id", flat=True))


def test_strata_by_verdict_follow_the_strictness_of_the_run() -> None:
    run = finished_run(6, kept_every=4)  # p_yes 0.9 for 3 of 12, else 0.2
    Run.objects.filter(pk=run.pk).update(strictness=0.95)
    run.refresh_from_db()
    assert set(study(run=run, strata=["verdict"]).items.values_list("stratum", flat=True)) == {"rejected"}


def test_strata_give_equally_many_items_each() -> None:
    made = study(run=finished_run(8, kept_every=4), items=8, strata=["verdict"])  # 4 kept, 12 rejected
    by_stratum = sorted(made.items.values_list("stratum", "inclusion_probability"))
    assert by_stratum == [("kept", 1.0)] * 4 + [("rejected", pytest.approx(4 / 12))] * 4


def test_strata_can_cross() -> None:
    made = study(run=finished_run(8, kept_every=3), strata=["relation", "verdict"])
    assert set(made.items.values_list("stratum", flat=True)) == {
        "usedFor/kept", "usedFor/rejected", "isA/kept", "isA/rejected",
    }  # fmt: skip


def test_a_verdict_without_probability_counts_as_it_was_said() -> None:
    run = finished_run(4)
    Verdict.objects.filter(intention__run=run).update(p_yes=None, yes=True)
    assert set(study(run=run, strata=["verdict"]).items.values_list("stratum", flat=True)) == {"kept"}


def test_intentions_without_a_verdict_are_not_sampled() -> None:
    run = finished_run(3)
    run.intentions.first().verdict.delete()
    assert study(run=run, items=5).items.count() == 5
    with pytest.raises(StudyRefused, match="has 5 intentions"):
        study(run=run, name="S2", items=6)


REFUSED = {
    "larger than the run": ({"items": 7}, "asks for 7 items, but r1 has 6 intentions with a verdict"),
    "without a name": ({"name": "  "}, "needs a name"),
    "a name too long": ({"name": "x" * 101}, "has 101 letters; a study's name may have 100"),
    "without items": ({"items": 0}, "at least one item"),
    "without overlap": ({"overlap": 0}, "one judgment an item"),
    "too much overlap": ({"overlap": 101}, "more than 100"),
    "unknown strata": ({"strata": ["colour"]}, "Unknown strata colour; known are relation, verdict"),
    "unknown preset": ({"preset": "five"}, "Unknown preset 'five'"),
    "a negative seed": ({"seed": -1}, "seed -1"),
    "a seed too large": ({"seed": 2**63}, "choose a smaller"),
}


@pytest.mark.parametrize(("asked", "why"), REFUSED.values(), ids=REFUSED)
def test_bad_designs_are_refused_and_leave_nothing(asked: dict, why: str) -> None:
    with pytest.raises(StudyRefused, match=why) as refusal:
        study(run=finished_run(), **{"items": 2, **asked})
    assert "\n" not in str(refusal.value)
    assert (Study.objects.count(), Item.objects.count()) == (0, 0)


def test_a_name_can_be_taken_once() -> None:
    made = study()
    with pytest.raises(StudyRefused, match="a study named S already; choose another"):
        study_create(name="S", runs=made.runs.all(), items=1, overlap=1)


def test_states_are_those_of_a_study() -> None:
    made = study()
    study_set_state(study=made, state="closed")
    assert Study.objects.get().state == "closed"
    with pytest.raises(StudyRefused, match="open, paused, closed; not 'lost'"):
        study_set_state(study=made, state="lost")


def test_the_command_opens_a_study(capsys: pytest.CaptureFixture) -> None:
    finished_run(5)
    call_command("create_study", "S", run=["r1"], items=6, overlap=2, strata="relation, verdict", seed=3)
    made = Study.objects.get()
    assert (made.items.count(), made.overlap, made.strata, made.seed) == (6, 2, ["relation", "verdict"], 3)
    assert capsys.readouterr().out == "The study S is open: 6 items, 2 judgments each.\n"


def test_the_command_speaks_json(capsys: pytest.CaptureFixture) -> None:
    finished_run(5)
    call_command("create_study", "S", run=["r1"], items=6, json=True)
    assert json.loads(capsys.readouterr().out) == {
        "study": "S", "id": Study.objects.get().pk, "items": 6, "overlap": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"run": ["r9"]}, "There is no run named r9"),
        ({"items": 11}, "has 10 intentions with a verdict"),
        ({"strata": "colour"}, "Unknown strata colour"),
    ],
)
def test_the_command_refuses_in_one_line(asked: dict, why: str) -> None:
    finished_run(5)
    with pytest.raises(CommandError, match=why) as refusal:
        call_command("create_study", "S", **{"run": ["r1"], "items": 2, **asked})
    assert "\n" not in str(refusal.value)
    assert not Study.objects.exists()
