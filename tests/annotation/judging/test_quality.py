import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from django.db import connection

from accounts.models import User
from annotation.design.protocol import StudyRefused
from annotation.design.rules import rule_broken, rules_problem
from annotation.figures.numbers import study_figures, study_revision
from annotation.judging.allocation import Finished, Waiting, item_next
from annotation.judging.quality.interventions import participant_exclude, participant_pause, participant_resume
from annotation.judging.quality.measures import annotators_quality, rules_alarm
from annotation.judging.refusals import JudgingRefused
from annotation.models import Item, Judgment, Kind, Lease, Participant, Study
from annotation.selection import Selection
from stats.estimate import undefined
from stats.people.annotators import Quality, longest_line, pair_agreement, share
from stats.planning import design_effect, half_width
from stats.rates import wilson
from tests.annotation.builders import judge, participant, save, study
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db
concurrent = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("answers", "longest"), [([], 0), ([5], 1), ([1, 1, 2, 2, 2, 1], 3), ([1, 2, 1], 1)])
def test_the_longest_row_of_equal_answers(answers: list[int], longest: int) -> None:
    assert longest_line(np.array(answers)) == longest


def test_agreement_is_the_share_of_pairs() -> None:
    # Item 1: 1 of 2 others says the same, item 2: 1 of 1, item 3 has no others. (1 + 1) / (2 + 1).
    agreement = pair_agreement(np.array([1, 1, 0]), np.array([2, 1, 0]))
    assert agreement.value == pytest.approx(2 / 3)
    assert agreement.n == 2
    assert agreement.ci95[0] < 2 / 3 < agreement.ci95[1]


def test_agreement_of_nobody_is_undefined() -> None:
    assert pair_agreement(np.array([0]), np.array([0])).reason == "nobody else has judged these items"
    assert share(np.array([], dtype=bool), "nothing").value is None


def test_half_width_of_the_formula() -> None:
    # 1.96 √(1 · 0.6 · 0.4 / 480 · (1 + 2 · 0.7) / 3) = 0.03920
    assert half_width(480, 3) == pytest.approx(0.0392, abs=1e-4)
    assert half_width(480, 3, design_effect=4) == pytest.approx(2 * half_width(480, 3))


def test_unequal_chances_cost() -> None:
    # W = 0.9 and 0.1, 50 of each: 100 · (0.81 / 50 + 0.01 / 50) = 1.64; in proportion it is 1.
    assert design_effect({"a": 900, "b": 100}, {"a": 50, "b": 50}) == pytest.approx(1.64)
    assert design_effect({"a": 900, "b": 100}, {"a": 90, "b": 10}) == pytest.approx(1)


FINE = {"gold": wilson(9, 10), "repeats": wilson(9, 10), "agreement": wilson(9, 10), "fast": wilson(1, 10)}


@pytest.mark.parametrize(
    ("rules", "figures", "why"),
    [
        ({"gold": {"limit": 0.7, "least": 10}}, {"gold": wilson(6, 10)}, "60 % of the items with a known answer"),
        ({"gold": {"limit": 0.7, "least": 11}}, {"gold": wilson(6, 10)}, ""),
        ({"gold": {"limit": 0.7, "least": 10}}, {"gold": wilson(7, 10)}, ""),
        ({"gold": {"limit": 0.7, "least": 1}}, {"gold": undefined("none")}, ""),
        ({"repeats": {"limit": 0.5, "least": 4}}, {"repeats": wilson(1, 4)}, "25 % of the items shown twice"),
        ({"agreement": {"limit": 0.5, "least": 4}}, {"agreement": wilson(1, 4)}, "25 % of the comparisons"),
        ({"fast": {"limit": 0.2, "least": 5, "seconds": 2.5}}, {"fast": wilson(2, 5)}, "40 % .* under 2.5 s"),
        ({"line": {"limit": 15}}, {"line": 15}, "15 answers in a row are the same"),
        ({"line": {"limit": 15}}, {"line": 14}, ""),
    ],
)
def test_rules(rules: dict, figures: dict, why: str) -> None:
    quality = Quality(**{"judgments": 20, "line": 1, "median_seconds": 9.0, **FINE, **figures})
    broken = rule_broken(rules, quality)
    assert not rules_problem(rules)
    assert bool(broken) == bool(why)
    assert re.search(why, broken)


def test_figures_of_an_annotator() -> None:
    made = study(run=finished_run(4), items=4, overlap=2)
    for name, said in (("a", [1, 1, 1, 0]), ("b", [1, 1, 1, 1])):
        who = participant(made, name)
        items = iter(sorted(made.items.values_list("pk", flat=True)))
        answers = dict(zip(items, said, strict=True))
        for _ in answers:
            lease = item_next(participant=who)
            Judgment.objects.filter(pk=save(lease, answers[lease.item_id]).pk).update(
                audit_asked=False, active_seconds=2 + 2 * answers[lease.item_id]
            )
    quality = annotators_quality(made)[participant(made, "a").pk]
    assert quality.judgments == 4
    assert quality.agreement.value == pytest.approx(3 / 4)  # three of four pairs
    assert quality.fast.value == pytest.approx(1 / 4)  # 2 s is under 3 s, 4 s is not
    assert quality.median_seconds == pytest.approx(4)
    assert annotators_quality(made)[participant(made, "b").pk].line == 4


def test_repeats_count_on_the_same_side() -> None:
    made = study(run=finished_run(4), items=2, overlap=1)
    who = participant(made)
    firsts = [judge(who, 1, 3), judge(who, 1, 0)]
    for first, typicality in zip(firsts, (2, 3), strict=True):  # 3 then 2: both typical; 0 then 3: not the same
        Lease.objects.create(
            participant=who, item=first.item, kind=Kind.REPEAT, a_on_left=True, expires_at=first.created_at
        )
        judge(who, 1, typicality)
    Judgment.objects.update(audit_asked=False, filter_right=None, audited_at=None)  # no verdict was shown before
    quality = annotators_quality(made)[who.pk]
    assert (quality.repeats.value, quality.repeats.n, quality.judgments) == (0.5, 2, 2)


def test_gold_accuracy() -> None:
    run = finished_run(4)
    gold = [f"{pk},1" for pk in run.intentions.values_list("pk", flat=True)[:2]]
    made = study(run=run, gold=["intention_id,plausibility", *gold], qualification_items=2)
    who = participant(made)
    for said in (1, 0):
        save(item_next(participant=who), said)
    assert annotators_quality(made)[who.pk].gold.value == 0.5


def line_study() -> Study:
    return study(run=finished_run(15), items=25, overlap=1, rules={"line": {"limit": 5}, "alarm": 0.4})


def test_a_rule_pauses_at_every_tenth_judgment() -> None:
    made = line_study()
    who = participant(made)
    for _ in range(9):
        judge(who)
    who.refresh_from_db()
    assert who.state == "active"
    judge(who)
    who.refresh_from_db()
    assert (who.state, who.state_reason) == ("paused", "Rule: 10 answers in a row are the same")
    with pytest.raises(JudgingRefused, match="10 answers in a row"):
        item_next(participant=who)


def test_whom_a_researcher_lets_go_on_no_rule_pauses_again(researcher: User) -> None:
    made = line_study()
    who = participant(made)
    for _ in range(10):
        judge(who)
    participant_resume(participant=who, by=researcher)
    for _ in range(10):
        judge(who)
    who.refresh_from_db()
    assert who.state == "active"


def test_without_rules_nobody_is_paused() -> None:
    made = study(run=finished_run(15), items=12, overlap=1, rules={"alarm": 0.2})
    for _ in range(10):
        judge(participant(made))
    assert Participant.objects.get().state == "active"


def test_the_alarm_goes_over_the_stated_share() -> None:
    made = line_study()
    for _ in range(10):
        judge(participant(made, "a"))
    assert "Rules have paused 1 of 1 annotators (100 %), more than 40 %" in rules_alarm(made)
    judge(participant(made, "b"))
    judge(participant(made, "c"))
    assert rules_alarm(made) == ""  # 1 of 3


def test_a_pause_gives_the_item_back(researcher: User) -> None:
    made = study(items=1, overlap=1)
    who = participant(made)
    item_next(participant=who)
    participant_pause(participant=who, reason="a word first", by=researcher)
    assert (Item.objects.get().taken, Lease.objects.count()) == (0, 0)
    with pytest.raises(JudgingRefused, match="rosa has paused you: a word first"):
        item_next(participant=who)


def test_excluding_returns_items_and_keeps_judgments(researcher: User) -> None:
    made = study(items=3, overlap=1)
    who = participant(made)
    judge(who), judge(who)
    item_next(participant=who)
    before = study_revision(made)
    participant_exclude(participant=who, reason="a robot", by=researcher)
    assert set(made.items.values_list("taken", "n_judged")) == {(0, 0)}
    assert (Judgment.objects.count(), Judgment.objects.counting().count()) == (2, 0)
    assert study_revision(made) != before
    other = participant(made, "ann-2")
    assert [judge(other).kind for _ in range(3)] == ["item"] * 3


def test_exclusion_is_final(researcher: User) -> None:
    who = participant(study())
    judge(who)
    for _ in range(2):  # a second click takes nothing away
        participant_exclude(participant=who, reason="a robot", by=researcher)
    assert Item.objects.filter(n_judged=0).count() == 4
    with pytest.raises(StudyRefused, match="only who is paused"):
        participant_resume(participant=who, by=researcher)


def test_repeats_and_gold_of_the_excluded_free_no_places(researcher: User) -> None:
    made = study(items=2, overlap=1)
    who = participant(made)
    first = judge(who)
    Lease.objects.create(
        participant=who, item=first.item, kind=Kind.REPEAT, a_on_left=True, expires_at=first.created_at
    )
    judge(who)
    participant_exclude(participant=who, reason="a robot", by=researcher)
    assert set(made.items.values_list("taken", "n_judged")) == {(0, 0)}


def test_figures_with_and_without_the_excluded(researcher: User) -> None:
    made = study(items=2, overlap=2)
    good, bad = participant(made, "good"), participant(made, "bad")
    judge(good, 1), judge(good, 1), judge(bad, 0), judge(bad, 0)
    participant_exclude(participant=bad, reason="a robot", by=researcher)
    without, with_them = study_figures(made), study_figures(made, Selection(with_excluded=True))
    assert (without.judgments, without.rates["plausibility"].value) == (2, 1)  # 2 of 2
    assert (with_them.judgments, with_them.rates["plausibility"].value) == (4, 0.5)  # 2 of 4
    assert (without.items_complete, without.annotators, with_them.annotators) == (0, 1, 2)


@concurrent
def test_excluding_while_others_judge_keeps_the_counts_right() -> None:
    made = study(run=finished_run(15), items=30, overlap=2)
    bad, crowd = participant(made, "bad"), [participant(made, f"ann-{i}") for i in range(4)]
    by = User.objects.create(username="rosa")
    for _ in range(12):
        judge(bad)

    def at_work(who: Participant) -> None:
        while not isinstance(found := item_next(participant=who), Finished | Waiting):
            Judgment.objects.filter(pk=save(found).pk).update(audit_asked=False)
        connection.close()

    def exclude() -> None:
        participant_exclude(participant=bad, reason="a robot", by=by)
        connection.close()

    with ThreadPoolExecutor(5) as threads:
        calls = [threads.submit(at_work, who) for who in crowd[:2]] + [threads.submit(exclude)]
        calls += [threads.submit(at_work, who) for who in crowd[2:]]
        [call.result() for call in calls]
    at_work(crowd[0]), at_work(crowd[1])
    counted = Judgment.objects.counting().count()
    assert counted == sum(made.items.values_list("n_judged", flat=True)) == 60  # 30 x 2
    assert set(made.items.values_list("taken", "n_judged")) == {(2, 2)}
