import json

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from annotation.design.protocol import StudyRefused, Wording
from annotation.design.services import allocation_parse, study_create, study_set_state
from annotation.models import Item, Study
from distillation.models import Product, Run, Verdict
from tests.annotation.builders import group_of, study
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
    "larger than the run": ({"items": 7}, "asks for 7 items, but r1 has 6 intentions that can be judged"),
    "without a name": ({"name": "  "}, "needs a name"),
    "a name too long": ({"name": "x" * 101}, "has 101 letters; a study's name may have 100"),
    "without items": ({"items": 0}, "at least one item"),
    "without overlap": ({"overlap": 0}, "one judgment an item"),
    "too much overlap": ({"overlap": 101}, "more than 100"),
    "unknown strata": ({"strata": ["colour"]}, "Unknown strata colour; known are relation, verdict, category, p_yes"),
    "unknown allocation": ({"allocation": "some"}, "equal, proportional or numbers by stratum; not 'some'"),
    "an unknown stratum": (
        {"strata": ["relation"], "allocation": {"can": 2}},
        "no stratum can; there are isA, usedFor",
    ),
    "too much of a stratum": (
        {"strata": ["relation"], "items": 5, "allocation": {"isA": 4, "usedFor": 1}},
        "isA has 3 intentions, not 4",
    ),
    "strata that do not add up": ({"strata": ["relation"], "allocation": {"isA": 1}}, "add up to 1 items, but 2"),
    "an audit share over one": ({"audit_share": 1.5}, "Audit share: .* less than or equal to 1.*, not 1.5"),
    "a negative audit share": ({"audit_share": -0.1}, "not -0.1"),
    "too many repeats": ({"repeat_share": 0.6}, "Repeat share: .*, not 0.6"),
    "an unknown order": ({"order": "random"}, "not random"),
    "no tries": ({"qualification_tries": 0}, "Qualification tries"),
    "qualification without gold": ({"qualification_items": 1}, "asks 1 gold items, but there are 0"),
    "an unknown state": ({"state": "lost"}, "not 'lost'"),
    "one point": ({"preset": "own", "wording": Wording(typicality_answers=["Yes"])}, "2 to 7 answers.*has 1"),
    "eight points": ({"preset": "own", "wording": Wording(typicality_answers=list("abcdefgh"))}, "has 8"),
    "three answers to yes or no": ({"wording": Wording(plausibility_answers=["Y", "N", "?"])}, "2 answers in this"),
    "the same answer twice": ({"wording": Wording(plausibility_answers=["Yes", "yes"])}, "words of its own"),
    "all answers typical": ({"wording": Wording(typical_answers=4)}, "1 to 3 can count as typical, not 4"),
    "an unknown rule": ({"rules": {"luck": {}}}, "Unknown rules luck"),
    "a rule over one": ({"rules": {"gold": {"limit": 70, "least": 5}}}, "rule gold needs a share"),
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
        ({"items": 11}, "has 10 intentions that can be judged"),
        ({"strata": "colour"}, "Unknown strata colour"),
    ],
)
def test_the_command_refuses_in_one_line(asked: dict, why: str) -> None:
    finished_run(5)
    with pytest.raises(CommandError, match=why) as refusal:
        call_command("create_study", "S", **{"run": ["r1"], "items": 2, **asked})
    assert "\n" not in str(refusal.value)
    assert not Study.objects.exists()


def by_stratum(made: Study) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for stratum, chance in made.items.sampled().order_by("pk").values_list("stratum", "inclusion_probability"):
        found.setdefault(stratum, []).append(chance)
    return found


def test_proportional_strata_have_equal_chances() -> None:
    # 4 kept, 12 rejected, 8 items: 2 and 6, each 1/2.
    made = study(run=finished_run(8, kept_every=4), items=8, strata=["verdict"], allocation="proportional")
    assert by_stratum(made) == {"kept": [0.5] * 2, "rejected": [0.5] * 6}


def test_stated_strata_are_drawn_as_stated() -> None:
    made = study(run=finished_run(6), items=4, strata=["relation"], allocation={"isA": 3, "usedFor": 1})
    assert by_stratum(made) == {"isA": [3 / 6] * 3, "usedFor": [1 / 6]}


def test_strata_by_band_of_p_yes() -> None:
    run = finished_run(6, kept_every=4)  # p_yes 0.9 for 3 of 12, else 0.2
    Verdict.objects.filter(intention=run.intentions.first()).update(p_yes=None)
    made = study(run=run, items=3, strata=["p_yes"])
    assert set(by_stratum(made)) == {"0.8-1.0", "0.2-0.4", "unknown"}


def test_strata_by_category_of_the_pair() -> None:
    run = finished_run(3)  # products 0 + 1, 2 + 3, 4 + 5
    for product, category in zip(Product.objects.order_by("pk"), ["Hats", "Hats", "Toys", "A/V", "", ""], strict=True):
        Product.objects.filter(pk=product.pk).update(category=category)
    assert set(by_stratum(study(run=run, items=6, strata=["category"]))) == {"Hats", "A-V + Toys", "none"}


def test_stated_numbers_are_read() -> None:
    assert allocation_parse("relation=usedFor:50, isA/kept: 3") == {"usedFor": 50, "isA/kept": 3}
    assert allocation_parse("Clothing, Shoes: 3\nToys: 4") == {"Clothing, Shoes": 3, "Toys": 4}
    assert allocation_parse(" proportional ") == "proportional"


@pytest.mark.parametrize("text", ["", "usedFor", ": 4", "a:1, a:2"])
def test_unreadable_numbers_are_refused(text: str) -> None:
    with pytest.raises(StudyRefused, match="state"):
        allocation_parse(text)


def test_a_scale_of_ones_own_counts_its_better_half() -> None:
    own = Wording(typicality="How usual?", typicality_answers=["Always", "Often", "Seldom", "Never", "?"])
    typical = study(preset="own", wording=own).questions[1]
    assert (typical.text, typical.values, typical.positive_from) == ("How usual?", (4, 3, 2, 1, 0), 3)  # 2 of 5


def test_wording_changes_words_only() -> None:
    made = study(wording=Wording(plausibility="Believable?", plausibility_answers=["Aye", "Nay"], typical_answers=1))
    plausible, typical = made.questions
    assert [option.label for option in plausible.options] == ["Aye", "Nay"]
    assert (plausible.text, typical.text, typical.positive_from) == (
        "Believable?", "How typical is it of such purchases?", 3,
    )  # fmt: skip


def test_overlap_over_the_number_of_annotators_in_the_groups_is_refused() -> None:
    group = group_of(2)
    User.objects.create(username="gone", is_active=False).groups.add(group)
    with pytest.raises(StudyRefused, match="wants 3 annotators, but Lab has 2"):
        study(overlap=3, groups=[group])
    assert study(run=Run.objects.get(), overlap=2, groups=[group]).groups.get() == group


def test_the_command_takes_gold_guidelines_and_rules(tmp_path, capsys: pytest.CaptureFixture) -> None:
    run = finished_run(5)
    (tmp_path / "gold.csv").write_text(
        "\n".join(["intention_id,plausibility,typicality", f"{run.intentions.first().pk},1,3"])
    )
    (tmp_path / "guide.md").write_text("# Read this")
    call_command(
        "create_study", "S", "--run=r1", "--items=6", "--strata=relation", "--allocation=isA:4,usedFor:2",
        f"--gold={tmp_path / 'gold.csv'}", f"--guidelines={tmp_path / 'guide.md'}", "--qualification-items=1",
        "--pause-gold", "0.7", "5", "--alarm=0.2", "--paused",
    )  # fmt: skip
    made = Study.objects.get()
    assert {name: len(chances) for name, chances in by_stratum(made).items()} == {"isA": 4, "usedFor": 2}
    assert (made.guidelines, made.state, made.qualification_items) == ("# Read this", "paused", 1)
    assert made.rules == {"gold": {"limit": 0.7, "least": 5}, "alarm": 0.2}
    assert "Each item wants 3 annotators, but there are 0 so far" in capsys.readouterr().err
