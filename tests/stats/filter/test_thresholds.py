import numpy as np
import pytest

from stats.filter.quality import confusion
from stats.filter.resampled_curves import resampled_curves
from stats.filter.threshold_choice import best_threshold, threshold_for
from stats.filter.thresholds import threshold_curve

Columns = dict[str, np.ndarray]


def judged(rows: int = 400, seed: int = 1) -> Columns:
    """p_yes that means what it says, three strata of different weight."""
    rng = np.random.default_rng(seed)
    p_yes, strata = rng.random(rows), rng.integers(0, 3, rows)
    return {"p_yes": p_yes, "plausible": rng.random(rows) < p_yes, "weights": 4.0**strata, "strata": strata}


@pytest.mark.parametrize("threshold", [0.0, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("figure", ["precision", "recall", "f1", "accuracy"])
def test_at_a_threshold_the_curve_equals_the_confusion_table(threshold, figure):
    columns = judged()
    kept = columns["p_yes"] >= threshold
    exact = getattr(confusion(kept, columns["plausible"], columns["weights"], columns["strata"]), figure)
    estimate = threshold_curve(**columns).at(threshold)[figure]
    assert (estimate.value, *estimate.ci95) == pytest.approx((exact.value, *exact.ci95), abs=1e-10)
    assert estimate.n == exact.n


def test_kept_share_is_weighted():
    # Kept from 0.5 up: 30 items of weight 1, of 30 + 10 · 3.
    curve = threshold_curve([0.6] * 30 + [0.4] * 10, [True] * 40, [1] * 30 + [3] * 10)
    assert curve.at(0.5)["kept_share"].value == pytest.approx(30 / 60)


def test_an_item_at_the_threshold_is_kept():
    curve = threshold_curve([0.29], [True])
    assert (curve.kept[290], curve.kept[291]) == (1, 0)


def test_no_precision_from_few_kept_items():
    curve = threshold_curve([0.9] * 19 + [0.5], [True] * 20)
    assert curve.at(0.5)["precision"].value == 1
    assert curve.at(0.9)["precision"].reason == "fewer than 20 judged items are kept"
    assert curve.at(0.9)["precision"].n == 19


def test_recall_of_nothing_says_why():
    assert threshold_curve([0.5], [False]).at(0.5)["recall"].reason == "people found nothing plausible"
    assert threshold_curve([], []).at(0.5)["recall"].reason == "no judgments yet"


def test_rows_are_the_thresholds_that_change_something():
    rows = list(threshold_curve([0.2, 0.2, 0.7], [True, False, True]).rows())
    assert [(row["threshold"], row["kept"]) for row in rows] == [(0, 3), (0.201, 1), (0.701, 0)]
    assert rows[1]["accuracy"]["value"] == pytest.approx(2 / 3)


def test_grouped_rows_equal_their_items():
    columns = judged(60)
    times = np.arange(60) % 4
    expanded = {name: np.repeat(column, times) for name, column in columns.items()}
    grouped, single = threshold_curve(**columns, items=times), threshold_curve(**expanded)
    for name in ("kept_share", "precision", "recall", "f1", "accuracy"):
        for part in ("value", "low", "high", "n"):
            np.testing.assert_allclose(
                getattr(getattr(grouped, name), part), getattr(getattr(single, name), part), atol=1e-12
            )


def test_p_yes_outside_its_range_is_refused():
    with pytest.raises(ValueError, match="p_yes must lie between 0 and 1"):
        threshold_curve([1.2], [True])


def test_threshold_for_a_precision():
    # From 0.6 up 40 of 40 are plausible, from 0.4 up 60 of 80: three quarters.
    p_yes = np.repeat([0.6, 0.4, 0.2], [40, 40, 20])
    plausible = np.r_[np.ones(40), np.arange(40) < 20, np.zeros(20)].astype(bool)
    curve, resampled = threshold_curve(p_yes, plausible), resampled_curves(p_yes, plausible)
    choice = threshold_for(curve, resampled, precision=0.95)
    assert choice.threshold.value == 0.401
    assert choice.figures["precision"].value == 1
    assert threshold_for(curve, resampled, precision=0.7).threshold.value == 0.201


def test_a_precision_out_of_reach_says_so():
    p_yes, plausible = np.full(40, 0.8), np.arange(40) < 30
    choice = threshold_for(threshold_curve(p_yes, plausible), resampled_curves(p_yes, plausible), precision=0.9)
    assert choice.threshold.reason == "no threshold that keeps 20 judged items reaches a precision of 0.9"


@pytest.mark.parametrize("figure", ["f1", "accuracy"])
def test_best_threshold_is_the_top_of_the_curve(figure):
    columns = judged()
    curve = threshold_curve(**columns)
    choice = best_threshold(curve, resampled_curves(**columns), figure)
    assert choice.figures[figure].value == pytest.approx(getattr(curve, figure).value.max())
    assert choice.threshold.ci95[0] <= choice.threshold.value <= choice.threshold.ci95[1]


def test_the_best_accuracy_of_calibrated_p_yes_lies_about_a_half():
    # The interval of 4,000 items holds 0.5 and is narrower than that of 400.
    few, many = judged(400), judged(4000)
    choices = [best_threshold(threshold_curve(**each), resampled_curves(**each), "accuracy") for each in (few, many)]
    widths = [choice.threshold.ci95[1] - choice.threshold.ci95[0] for choice in choices]
    assert choices[1].threshold.ci95[0] < 0.5 < choices[1].threshold.ci95[1]
    assert widths[1] < widths[0]


def test_resamples_repeat_with_their_seed():
    columns = judged(50)
    first, again, other = (resampled_curves(**columns, seed=seed, draws=20).f1 for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_an_empty_study_has_no_best_threshold():
    assert (
        best_threshold(threshold_curve([], []), resampled_curves([], []), "f1").threshold.reason == "no judgments yet"
    )
