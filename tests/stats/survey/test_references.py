"""Against glide-py, ppi-python and an independent regression estimate: see tests/data/inference."""

import numpy as np
import pytest

from stats.sample import sample_of
from stats.survey.assisted import Assisted, assisted_quality, assisted_rate
from stats.survey.regression import Auxiliaries, regression_ratio
from tests.stats.survey.references import references_of, run

NAMES = {
    "share: GREG linear": "share",
    "plausible: GREG linear": "plausible",
    "precision: GREG linear": "precision",
    "false_rejection_rate: GREG linear": "false_rejection_rate",
}
CLASSICAL = ("classical", "Horvitz-Thompson = Hajek, stratified")


@pytest.fixture(scope="module", params=["srs", "strat"])
def figures_and_references(request) -> tuple[dict[str, Assisted], dict]:
    world = run(request.param)
    at = world.judged
    design = {"weights": world.weights, "strata": world.stratum[at]}
    quality = assisted_quality(world.plausible[at], world.kept[at], world.p_yes[at], world.totals, **design)
    figures = {
        "share": assisted_rate(world.yes_of_3[at] / 3, world.p_yes[at], world.totals, **design),
        "plausible": assisted_rate(world.plausible[at], world.p_yes[at], world.totals, **design),
        **{name: getattr(quality, name) for name in ("accuracy", "precision", "recall", "false_rejection_rate")},
    }
    return figures, references_of(request.param)


@pytest.mark.parametrize("theirs", NAMES)
def test_value_and_interval(figures_and_references, theirs):
    figures, wanted = figures_and_references
    figure = figures[NAMES[theirs]].figure
    assert figure.value == pytest.approx(wanted[theirs]["value"], rel=1e-8)
    assert figure.ci95 == pytest.approx(wanted[theirs]["ci95_wilson"], rel=1e-8)


def test_accuracy_of_a_simple_sample():
    world, wanted = run("srs"), references_of("srs")["accuracy: GREG linear"]
    at = world.judged
    figure = assisted_quality(world.plausible[at], world.kept[at], world.p_yes[at], world.totals).accuracy.figure
    assert (figure.value, *figure.ci95) == pytest.approx((wanted["value"], *wanted["ci95_wilson"]), rel=1e-8)


def test_stratified_accuracy_of_two_auxiliaries():
    # `assisted_quality` has kept as well where there are strata; the reference has not.
    world, wanted = run("strat"), references_of("strat")["accuracy: GREG linear"]
    right, predicted = world.kept == (world.plausible == 1), np.where(world.kept, world.p_yes, 1 - world.p_yes)
    known = np.stack([np.ones(7200), predicted], axis=1)
    at, one = world.judged, np.ones(400)
    sample = sample_of(400, world.weights, world.stratum[at])
    regressed = regression_ratio(
        right[at].astype(float), one, Auxiliaries(known[at], known.sum(axis=0)), sample, alone=0
    )
    assert regressed.estimate.value == pytest.approx(wanted["value"], rel=1e-8)
    assert regressed.estimate.ci95 == pytest.approx(wanted["ci95_wilson"], rel=1e-8)


@pytest.mark.parametrize("name", ["srs", "strat"])
def test_recall_is_the_ratio_of_two_estimates(name):
    # The value is theirs; the interval, put together from two, is as wide to a hundredth.
    world, theirs = run(name), references_of(name)["recall: GREG ratio on 1, kept, p, kept p"]
    at, kept = world.judged, world.kept.astype(float)
    known = np.stack([np.ones(7200), kept, world.p_yes, kept * world.p_yes], axis=1)
    design = {"weights": world.weights, "strata": world.stratum[at]}
    y, of_run = world.plausible[at], Auxiliaries(known[at], known.sum(axis=0))
    ratio = regression_ratio(kept[at] * y, y, of_run, sample_of(400, **design), alone=0).estimate
    assert (ratio.value, *ratio.ci95) == pytest.approx((theirs["value"], *theirs["ci95_wilson"]), rel=1e-8)
    found = assisted_quality(y, world.kept[at], world.p_yes[at], world.totals, **design).recall
    assert found.figure.value == pytest.approx(ratio.value, rel=1e-8)
    assert found.figure.ci95 == pytest.approx(ratio.ci95, abs=0.01)


@pytest.mark.parametrize("name", ["share", "plausible"])
def test_the_design_alone(figures_and_references, name):
    figures, wanted = figures_and_references
    theirs = next(wanted[f"{name}: {kind}"] for kind in CLASSICAL if f"{name}: {kind}" in wanted)
    assert figures[name].design.value == pytest.approx(theirs["value"], rel=1e-8)


@pytest.mark.parametrize("name", ["share", "plausible", "accuracy", "precision"])
def test_near_ppi_plus_plus(figures_and_references, name):
    # The same estimator, but for how the variance of p_yes is estimated: within a fifth of a standard error.
    figures, wanted = figures_and_references
    theirs = wanted.get(f"{name}: PPI++") or wanted[f"{name}: stratified PPI++"]
    assert figures[name].figure.value == pytest.approx(theirs["value"], abs=0.2 * theirs["se"])


def test_what_it_gains_in_items():
    # Variances of glide-py and of the regression estimate: 400 · 0.016852² / 0.015472² = 474.
    world, wanted = run("srs"), references_of("srs")
    at = world.judged
    ratio = wanted["share: classical"]["se"] ** 2 / wanted["share: GREG linear"]["se"] ** 2
    figure = assisted_rate(world.yes_of_3[at] / 3, world.p_yes[at], world.totals)
    assert figure.counts_like == pytest.approx(400 * ratio, rel=1e-8)


def test_forgetting_the_design_is_told_apart():
    world, wanted = run("strat"), references_of("strat")
    at = world.judged
    figure = assisted_rate(world.plausible[at], world.p_yes[at], world.totals, world.weights, world.stratum[at]).figure
    wrong = wanted["plausible: PPI++ that forgets the design (WRONG)"]["value"]
    assert abs(figure.value - wrong) > 0.005
