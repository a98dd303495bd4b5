"""Studies of pairs: what is drawn, what is shown, what is refused."""

from itertools import combinations

import pytest
from django.core.management import CommandError, call_command

from annotation.design.openings import telling_openings, without_opening
from annotation.design.protocol import StudyRefused, protocol_change
from annotation.models import Study
from annotation.scales import Preference
from distillation.models import Intention
from tests.annotation.builders import different_runs, preference_study
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


def test_items_are_pairs_of_one_cobuy_and_relation():
    study = preference_study(items=4)
    assert study.items.count() == study.n_items == 4
    for item in study.items.select_related("intention", "other"):
        assert (item.intention.cobuy_id, item.relation) == (item.other.cobuy_id, item.other.relation)
        assert item.run_id == item.intention.run_id != item.other_run_id == item.other.run_id
        assert (item.first_shown, item.second_shown) == (item.intention.text, item.other.text)


def test_three_runs_give_each_pair_of_them():
    runs = different_runs(3)
    study = preference_study(runs=runs, items=6)
    pairs = list(study.items.values_list("run__name", "other_run__name"))
    assert sorted(pairs) == sorted(2 * list(combinations(["run-a", "run-b", "run-c"], 2)))
    assert study.items.values("intention__cobuy", "relation").distinct().count() == 2


def test_each_unit_keeps_its_chance():
    # 3 co-buys x 2 relations, of which 4 are drawn.
    assert set(preference_study(items=4).items.values_list("inclusion_probability", flat=True)) == {4 / 6}


def test_identical_texts_are_counted_and_not_asked():
    runs = [finished_run(name="one"), finished_run(name="two")]
    Intention.objects.filter(pk=runs[1].intentions.earliest("pk").pk).update(text="Another reason.")
    study = preference_study(runs=runs, items=6)
    assert (study.n_items, study.items.filter(overlap=0).count()) == (1, 5)


def test_nothing_but_identical_texts_is_refused():
    with pytest.raises(StudyRefused, match="nothing to prefer"):
        preference_study(runs=[finished_run(name="one"), finished_run(name="two")])
    assert not Study.objects.exists()


def test_no_verdict_is_needed_and_none_is_revealed():
    runs = different_runs(2)
    runs[1].intentions.earliest("pk").verdict.delete()
    study = preference_study(runs=runs, items=6)
    assert (study.n_items, study.audit_share) == (6, 0)


@pytest.mark.parametrize(
    ("runs", "items", "why"),
    [(1, 4, "two runs or more"), (3, 4, "ask for 3"), (2, 7, "has 6 intentions")],
)
def test_what_can_not_be_drawn_is_refused(runs, items, why):
    with pytest.raises(StudyRefused, match=why):
        preference_study(runs=different_runs(runs), items=items)


def test_a_change_of_protocol_keeps_the_question():
    study = preference_study()
    changed = protocol_change(study=study, by=None, preset="mind", audit_share=1.0, repeat_share=0.1)
    assert [question.name for question in changed.questions] == ["preference"]
    assert (changed.audit_share, changed.repeat_share) == (0, 0.1)


def test_gold_pairs_know_their_answer_whichever_comes_first():
    runs = different_runs(2)
    first, second = (run.intentions.order_by("pk")[0].pk for run in runs)
    gold = ["intention_id,other_id,better,explanation", f"{second},{first},{second},It says why."]
    study = preference_study(runs=runs, items=5, gold=gold)
    item = study.items.get(gold__isnull=False)
    assert (item.intention_id, item.other_id) == (first, second)
    assert item.gold == {"preference": Preference.RIGHT, "explanation": "It says why."}
    assert study.items.sampled().filter(intention=first).count() == 0


@pytest.mark.parametrize(
    ("line", "why"),
    [("1,1,1", "ids of two"), ("{a},{b},left", "write"), ("{a},{a2},{a}", "no pair"), ("x,y,x", "ids of two")],
)
def test_gold_that_is_no_pair_is_refused(line, why):
    runs = different_runs(2)
    (a, a2), b = (each.pk for each in runs[0].intentions.order_by("pk")[:2]), runs[1].intentions.order_by("pk")[0].pk
    with pytest.raises(StudyRefused, match=why):
        preference_study(runs=runs, gold=["intention_id,other_id,better", line.format(a=a, a2=a2, b=b)])
    assert not Study.objects.exists()


def test_an_opening_of_one_run_is_told_and_cut():
    ours = [f"The customer likely buys both because {word} warm feet matter in winter." for word in map(str, range(30))]
    theirs = [f"People want {word} and other things for the cold season." for word in map(str, range(30))]
    openings = telling_openings({"ours": ours, "theirs": theirs})
    assert openings[0] == "the customer likely buys both because"
    assert without_opening(ours[0], openings) == "0 warm feet matter in winter."
    assert without_opening("Nothing of the kind is here.", openings) == "Nothing of the kind is here."


def test_an_opening_of_both_runs_tells_nothing():
    texts = [f"The customer wants {word} for many reasons of all kinds." for word in map(str, range(30))]
    assert telling_openings({"one": texts, "two": texts}) == []


def test_few_texts_tell_no_opening():
    texts = {run: [f"{run} says so for many good reasons."] * 5 for run in ("one", "two")}
    assert telling_openings(texts) == []


def test_command(capsys):
    different_runs(3)
    call_command("create_study", "P", "--preference", "--runs", "run-a,run-b,run-c", "--items", "6", "--json")
    assert '"items": 6' in capsys.readouterr().out
    assert Study.objects.get().kind == "preference"


@pytest.mark.parametrize(
    ("runs", "why"), [("run-a", "two runs"), ("run-a,run-a", "named twice"), ("", "needs at least one")]
)
def test_command_refuses(runs, why):
    different_runs(2)
    with pytest.raises(CommandError, match=why):
        call_command("create_study", "P", "--preference", "--runs", runs, "--items", "4")
