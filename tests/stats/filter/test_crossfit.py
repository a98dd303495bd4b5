import numpy as np
import pytest

from stats.filter.crossfit import cross_fits, cross_fitted
from stats.filter.quality import confusion
from stats.filter.resampled_curves import resampled_curves, smoothed_curves
from stats.filter.threshold_choice import best_threshold, threshold_for
from stats.filter.thresholds import threshold_curve
from stats.sample import sample_of


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_a_clear_cut_is_found_by_every_tenth():
    # All from 0.7 up are plausible, none at 0.3: any nine tenths put the threshold between.
    p_yes = np.repeat([0.7, 0.3], 50)
    figures = cross_fitted(p_yes, p_yes > 0.5, "accuracy", rng=rng())
    assert {name: figure.value for name, figure in figures.items()} == pytest.approx(
        {"kept_share": 0.5, "precision": 1, "recall": 1, "f1": 1, "accuracy": 1}
    )


def test_noise_is_not_taken_for_skill():
    # p_yes says nothing and half are plausible: a chosen threshold is right in half, whatever the items say.
    drawn, apparent, fitted = rng(), [], []
    for _ in range(60):
        p_yes, plausible = drawn.random(100), drawn.random(100) < 0.5
        apparent.append(np.nanmax(threshold_curve(p_yes, plausible).accuracy.value))
        fitted.append(cross_fitted(p_yes, plausible, "accuracy", rng=drawn, repeats=2)["accuracy"].value)
    # 60 studies of 100: a standard error of 0.7 points.
    assert np.mean(apparent) > 0.55
    assert np.mean(fitted) == pytest.approx(0.5, abs=0.025)


def test_where_nothing_is_chosen_the_interval_is_that_of_the_table():
    # One value of p_yes: keep all or none, and all plausible but ten.
    plausible = np.arange(100) >= 10
    fitted = cross_fitted(np.full(100, 0.6), plausible, "accuracy", rng=rng())["accuracy"]
    table = confusion(np.ones(100), plausible, np.ones(100)).accuracy
    assert fitted.ci95 == pytest.approx(table.ci95)


def test_grouped_rows_stand_for_their_items():
    figures = cross_fitted([0.7, 0.3], [True, False], "f1", rng=rng(), items=[60, 40], weights=[1, 3])
    assert figures["kept_share"].value == pytest.approx(60 / (60 + 120))
    assert figures["accuracy"].n == 100


def test_a_co_buy_stays_together():
    # Pairs of equal p_yes and opposite truth, all p_yes different: no threshold is right in more than half of them.
    p_yes = np.repeat(np.linspace(0.1, 0.9, 50), 2)
    figures = cross_fitted(
        p_yes, np.tile([True, False], 50), "accuracy", rng=rng(), clusters=np.repeat(np.arange(50), 2)
    )
    assert figures["accuracy"].value == pytest.approx(0.5)


def test_same_generator_same_figures():
    p_yes, plausible = rng().random(80), rng().random(80) < 0.6
    assert cross_fitted(p_yes, plausible, "f1", rng=rng()) == cross_fitted(p_yes, plausible, "f1", rng=rng())


def test_both_figures_at_once_are_those_of_each():
    p_yes, plausible = np.round(rng().random(80), 2), rng().random(80) < 0.6
    both = cross_fits(p_yes, plausible, ("f1", "accuracy"), sample_of(80), rng=rng())
    assert both == {figure: cross_fitted(p_yes, plausible, figure, rng=rng()) for figure in both}


def test_nothing_judged_says_so():
    assert cross_fitted([], [], "f1", rng=rng())["precision"].reason == "no judgments yet"


def chosen(precision: float, by: str, seed: int = 1):
    drawn = np.random.default_rng(seed)
    p_yes = drawn.random(300)
    plausible = drawn.random(300) < 0.4 + 0.6 * p_yes
    return threshold_for(threshold_curve(p_yes, plausible), resampled_curves(p_yes, plausible), precision, by)


def test_a_wanted_precision_is_reported_without_its_optimism():
    choice = chosen(0.85, "point")
    assert choice.apparent["precision"].value >= 0.85 > choice.figures["precision"].value
    low, high = choice.figures["precision"].ci95
    assert low < choice.figures["precision"].value < high


def test_by_the_lower_bound_the_threshold_is_higher():
    point, lower = chosen(0.75, "point"), chosen(0.75, "lower")
    assert lower.threshold.value > point.threshold.value
    assert lower.apparent["precision"].ci95[0] >= 0.75 > point.apparent["precision"].ci95[0]


def test_answers_drawn_anew_take_more_of_a_lower_bound_back():
    drawn = np.random.default_rng(3)
    p_yes = drawn.random(200)
    plausible = drawn.random(200) < 0.4 + 0.6 * p_yes
    curve, resampled = threshold_curve(p_yes, plausible), resampled_curves(p_yes, plausible)
    plain, anew = (
        threshold_for(curve, resampled, 0.8, "lower", smoothed)
        for smoothed in (None, smoothed_curves(p_yes, plausible))
    )
    assert anew.threshold == plain.threshold and anew.apparent == plain.apparent
    assert anew.figures["precision"].value < plain.figures["precision"].value < plain.apparent["precision"].value


def test_the_model_has_the_curve_of_its_own_resamples():
    p_yes = np.repeat([0.2, 0.7], 50)
    of = smoothed_curves(p_yes, np.arange(100) % 2 == 0, draws=400, seed=2)
    # Half of either are plausible, whatever p_yes: of all items, and of the 50 over 0.5.
    assert of.model.precision[0, [0, 500]] == pytest.approx(0.5)
    assert of.resampled.precision[:, [0, 500]].mean(axis=0) == pytest.approx(0.5, abs=0.01)


def test_rows_of_alike_items_are_drawn_as_their_items():
    p_yes, plausible = np.array([0.1, 0.1, 0.8]), np.array([True, False, True])
    grouped = smoothed_curves(p_yes, plausible, items=[10, 20, 30], draws=1).model
    single = smoothed_curves(np.repeat(p_yes, [10, 20, 30]), np.repeat(plausible, [10, 20, 30]), draws=1).model
    assert grouped.recall == pytest.approx(single.recall, nan_ok=True)


def test_of_few_items_a_lower_bound_tells_no_more_than_its_promise():
    p_yes = np.linspace(0, 1, 199)
    curve, resampled = threshold_curve(p_yes, p_yes > 0.2), resampled_curves(p_yes, p_yes > 0.2, draws=20)
    found = threshold_for(curve, resampled, 0.8, "lower")
    assert found.threshold.value < 0.2 and found.apparent["precision"].value > 0.8
    assert found.figures["kept_share"].value > 0.8
    reason = "at least 0.8 by its lower bound; figures there need 200 judged items, of 199 they would be too good"
    assert {each.reason for name, each in found.figures.items() if name != "kept_share"} == {reason}


def test_how_often_it_is_reached_is_said():
    assert chosen(0.82, "lower").threshold.note.endswith("of 500 resamples reach it nowhere")


def test_a_lower_bound_out_of_reach_says_so():
    reason = chosen(0.99, "lower").threshold.reason
    assert reason == "no threshold that keeps 20 judged items reaches a precision with a lower bound of 0.99"


def test_a_best_threshold_takes_the_figures_of_others():
    p_yes, plausible = rng().random(200), rng().random(200) < 0.6
    choice = best_threshold(threshold_curve(p_yes, plausible), resampled_curves(p_yes, plausible), "accuracy")
    honest = cross_fitted(p_yes, plausible, "accuracy", rng=rng())
    assert choice.reported(honest).figures == honest
    assert choice.reported(honest).apparent == choice.figures
