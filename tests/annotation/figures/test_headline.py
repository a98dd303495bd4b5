import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from annotation.design.services import study_set_state
from annotation.figures.numbers import study_figures
from annotation.judging.simulation import study_simulate
from annotation.models import Judgment, Study
from distillation.models import Run, Verdict
from stats.agreement.coefficients import gwet_ac1, krippendorff_alpha
from stats.agreement.skewed import skewed_agreement
from stats.intervals import score_interval, t95
from tests.annotation.builders import participant, rate_all, study
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db

# (plausibility, typicality) of two annotators on four items
RATINGS = [[(1, 3), (1, 2)], [(1, 2), (0, 1)], [(0, 0), (0, 0)], [(1, 1), (1, 3)]]
PLAUSIBLE = np.array([[0, 2], [1, 1], [2, 0], [0, 2]])  # items x (no, yes)
TYPICAL = np.array([[0, 0, 1, 1], [0, 1, 1, 0], [2, 0, 0, 0], [0, 1, 0, 1]])


@pytest.fixture
def tiny(db: None) -> Study:
    """Four items, half of the 8 intentions; the filter keeps the first, second and fourth."""
    made = study(run=finished_run(4), items=4, overlap=2)
    for item, kept in zip(made.items.order_by("pk"), [True, True, False, True], strict=True):
        Verdict.objects.filter(intention=item.intention_id).update(p_yes=0.9 if kept else 0.2, yes=kept)
        made.items.filter(pk=item.pk).update(p_yes=0.9 if kept else 0.2, filter_yes=kept)
    rate_all(made, dict(zip(made.items.order_by("pk").values_list("pk", flat=True), RATINGS, strict=True)))
    return made


def test_counts(tiny: Study) -> None:
    figures = study_figures(tiny)
    assert (figures.items, figures.items_judged, figures.items_complete) == (4, 4, 4)
    assert (figures.judgments, figures.wanted, figures.annotators) == (8, 8, 2)


def test_rates_are_means_over_items(tiny: Study) -> None:
    rates = study_figures(tiny).rates
    # plausible: (2/2 + 1/2 + 0/2 + 2/2) / 4; typical is 2 or 3: (2/2 + 1/2 + 0/2 + 1/2) / 4
    assert rates["plausibility"].value == pytest.approx(2.5 / 4)
    assert rates["typicality"].value == pytest.approx(2 / 4)


def test_raw_rates_count_judgments(tiny: Study) -> None:
    raw = study_figures(tiny).raw_rates["plausibility"]
    assert (raw.value, raw.n) == (5 / 8, 4)
    # Items are the units: residuals of 2, 1, 0, 2 of two are 3, -1, -5, 3 in 32, so V = 4/3 · 44/32².
    n = 5 / 8 * 3 / 8 / (4 / 3 * 44 / 32**2)
    assert raw.ci95 == pytest.approx(score_interval(5 / 8, n, t95(3)))


def test_rates_of_unequal_strata_are_weighted_back_to_the_run(db: None) -> None:
    # 2 of 2 kept and 2 of 6 rejected are drawn: weights 1 and 3. Kept are plausible, rejected not:
    # (1 + 1) / (1 + 1 + 3 + 3) = 0.25, though half of the judgments say yes.
    made = study(run=finished_run(4, kept_every=4), items=4, overlap=1, strata=["verdict"])
    assert sorted(made.items.values_list("inclusion_probability", flat=True)) == pytest.approx([1 / 3, 1 / 3, 1, 1])
    rate_all(made, {item.pk: [(int(item.stratum == "kept"), 1)] for item in made.items.all()})
    figures = study_figures(made)
    assert figures.rates["plausibility"].value == pytest.approx(0.25)
    assert figures.raw_rates["plausibility"].value == 0.5


def test_agreement_is_that_of_the_raw_matrix(tiny: Study) -> None:
    agreement = study_figures(tiny).agreement
    for name, table in (("plausibility", PLAUSIBLE), ("typicality", TYPICAL)):
        for level in ("nominal", "ordinal"):
            again = krippendorff_alpha(table, level=level)
            assert agreement[name]["krippendorff_alpha"][level]["value"] == pytest.approx(again.value, abs=1e-14)
        assert agreement[name]["gwet_ac1"]["value"] == pytest.approx(gwet_ac1(table).value, abs=1e-14)
    # Three of four items agree on plausibility.
    assert agreement["plausibility"]["percent_agreement"]["item_mean"]["value"] == 0.75


def test_agreement_with_few_rare_answers_warns(db: None) -> None:
    # 2 of 20 items have a no: Dirichlet resamples with a prior, not the delta method's interval.
    made = study(run=finished_run(10), items=20, overlap=2)
    votes = [[(1, 1), (0, 1)]] * 2 + [[(1, 1), (1, 1)]] * 18
    rate_all(made, dict(zip(made.items.values_list("pk", flat=True), votes, strict=True)))
    report = study_figures(made).agreement["plausibility"]
    assert report["warning"].startswith("In 2 of 20 items somebody chose another answer")
    counts = [[1, 1]] * 2 + [[0, 2]] * 18
    again = skewed_agreement([[1, 1], [0, 2]], [2, 18], values=(0, 1), rng=np.random.default_rng(1))
    assert report["gwet_ac1"]["ci95"] != pytest.approx(gwet_ac1(counts).ci95)
    assert again.coefficients["gwet_ac1"].ci95 == pytest.approx(tuple(report["gwet_ac1"]["ci95"]))


def test_of_few_complete_items_the_cells_are_told_and_no_accuracy(tiny: Study) -> None:
    # Majorities: yes, tie, no, yes against kept, kept, rejected, kept.
    against = study_figures(tiny).filter
    assert (*cells(against.quality), against.ties, against.complete) == (2, 0, 0, 1, 1, 4)
    assert against.quality.accuracy.reason == "4 items are complete, and 30 are needed"


def test_a_tie_counts_one_half(db: None) -> None:
    # All are kept; 20 of 32 are plausible, 4 are not, 8 are tied: (20 + 8/2) / 32.
    made = study(run=finished_run(16, kept_every=1), items=32, overlap=2)
    votes = [[(1, 1), (1, 1)]] * 20 + [[(0, 1), (0, 1)]] * 4 + [[(1, 1), (0, 1)]] * 8
    rate_all(made, dict(zip(made.items.values_list("pk", flat=True), votes, strict=True)))
    against = study_figures(made).filter
    assert (against.quality.accuracy.value, against.ties) == (24 / 32, 8)


def test_items_that_somebody_can_still_be_asked_of_do_not_move_the_accuracy(db: None) -> None:
    made = study(run=finished_run(20, kept_every=1), items=40, overlap=2)
    done = list(made.items.order_by("pk")[:30])
    made.items.filter(pk__in=[item.pk for item in done]).update(plausibility_tally=2 << 7, n_judged=2, taken=2)
    others = made.items.exclude(pk__in=[item.pk for item in done])
    others.update(plausibility_tally=1, n_judged=1, taken=1)  # one no each
    assert study_figures(made).filter.quality.accuracy.value == 1.0
    study_set_state(study=made, state="closed")  # nobody can be asked any more: 30 of 40 are kept rightly
    assert study_figures(made).filter.quality.accuracy.value == 30 / 40


def test_confusion_follows_the_strictness_of_the_run(tiny: Study) -> None:
    Run.objects.update(strictness=0.95)  # nothing is kept any more
    assert cells(study_figures(Study.objects.get()).filter.quality) == (0, 0, 2, 1)


def test_accuracy_is_weighted_to_the_run(db: None) -> None:
    # Weights 1 for the 15 kept, 3 for 15 of 45 rejected; all are found plausible: 15 / (15 + 45) is right.
    made = study(run=finished_run(30, kept_every=4), items=30, overlap=1, strata=["verdict"])
    rate_all(made, {item.pk: [(1, 1)] for item in made.items.all()})
    assert study_figures(made).filter.quality.accuracy.value == pytest.approx(0.25)


def test_people_and_filter_are_compared_on_the_same(db: None) -> None:
    # Three votes each, two yes and one no, of 30 kept: with two others that agree only who said no is compared.
    made = study(run=finished_run(15, kept_every=1), items=30, overlap=3)
    rate_all(made, {item.pk: [(1, 1), (1, 1), (0, 1)] for item in made.items.all()})
    found = study_figures(made).ceiling
    assert (found.annotators.accuracy.value, found.filter.accuracy.value, found.gap.value) == (0.0, 1.0, -1.0)
    assert found.comparisons == 30


def test_audits_are_counted_apart(tiny: Study) -> None:
    figures = study_figures(tiny)
    assert (figures.audit.value, figures.audit.n, figures.audits) == (1.0, 4, 8)  # rate_all says right to all


def test_audits_are_weighted_with_items_as_units(db: None) -> None:
    # 2 of 2 kept and 2 of 6 rejected: weights 1 and 3. Right are the kept alone: 2 / (2 + 6), not 4 of 8 answers.
    made = study(run=finished_run(4, kept_every=4), items=4, overlap=2, strata=["verdict"])
    rate_all(made, {item.pk: [(1, 1), (1, 1)] for item in made.items.all()})
    Judgment.objects.filter(item__stratum="rejected").update(filter_right=False)
    assert study_figures(made).audit.value == pytest.approx(0.25)


def test_relations_have_their_own_rates(db: None) -> None:
    made = study(run=finished_run(2), items=4, overlap=1)
    rate_all(made, {item.pk: [(int(item.intention.relation == "isA"), 1)] for item in made.items.all()})
    by_relation = {code: each.rates["plausibility"] for code, each in study_figures(made).by_relation.items()}
    assert {code: (rate.value, rate.n) for code, rate in by_relation.items()} == {"isA": (1.0, 2), "usedFor": (0.0, 2)}


def test_an_empty_study_has_reasons_instead_of_figures() -> None:
    figures = study_figures(study())
    assert figures.rates["plausibility"].value is None
    assert figures.rates["plausibility"].reason == "no judgments yet"
    assert figures.by_relation == {}
    json.dumps(figures.as_dict(), allow_nan=False)


def test_typicality_that_was_not_asked_is_not_counted(db: None) -> None:
    made = study(items=2, overlap=1, typicality_after_yes=True)
    rate_all(made, dict(zip(made.items.values_list("pk", flat=True), [[(1, 3)], [(0, None)]], strict=True)))
    typicality = study_figures(made).rates["typicality"]
    assert (typicality.value, typicality.n) == (1.0, 1)


def cells(quality) -> tuple[int, int, int, int]:
    return quality.tp, quality.fp, quality.fn, quality.tn


def test_a_simulated_study_is_full_and_audited(db: None) -> None:
    made = study(items=4, overlap=2, simulated=True)
    judged = study_simulate(study=made, annotators=[participant(made, f"ann-{i}").annotator for i in range(3)])
    figures = study_figures(made)
    assert (judged, figures.judgments, figures.items_complete, figures.audit.n) == (8, 8, 4, 4)


def test_the_command_prints_the_figures(tiny: Study, capsys: pytest.CaptureFixture) -> None:
    call_command("study_stats", "S")
    printed = capsys.readouterr().out
    assert "S: 8 of 8 judgments" in printed
    assert "62.5 %" in printed  # 2.5 / 4
    assert "imulated" not in printed


def test_the_command_calls_simulated_judgments_so(tiny: Study, capsys: pytest.CaptureFixture) -> None:
    Study.objects.update(simulated=True)
    call_command("study_stats", "S")
    assert "Simulated judgments: made by a program, not by people." in capsys.readouterr().out


def test_the_command_speaks_json(tiny: Study, capsys: pytest.CaptureFixture) -> None:
    call_command("study_stats", "S", json=True)
    printed = json.loads(capsys.readouterr().out)
    assert (printed["judgments"], printed["simulated"]) == (8, False)
    assert printed["rates"]["plausibility"]["value"] == pytest.approx(0.625)
    agreement = printed["agreement"]["typicality"]
    assert [agreement[key] for key in ("items", "annotators", "labels", "repeated_labels")] == [4, 2, 8, 0]


def test_the_command_refuses_an_unknown_study(db: None) -> None:
    with pytest.raises(CommandError, match="There is no study named nowhere"):
        call_command("study_stats", "nowhere")


def test_a_stratum_judged_by_half_is_weighted_up(db: None) -> None:
    # 10 of 10 kept and 5 of 10 rejected are judged, all kept and no rejected plausible: one half, not 10 of 15.
    made = study(run=finished_run(20), items=20, overlap=1, strata=["verdict"])
    made.items.filter(stratum="kept").update(plausibility_tally=128, n_judged=1, taken=1)
    half = made.items.filter(stratum="rejected").values("pk")[:5]
    made.items.filter(pk__in=[item["pk"] for item in half]).update(plausibility_tally=1, n_judged=1, taken=1)
    figures = study_figures(made)
    assert figures.rates["plausibility"].value == pytest.approx(0.5)
    assert figures.unjudged["unjudged"] == 0.25
    assert figures.unjudged["by_stratum"] == {"kept": 0.0, "rejected": 0.5}
