import numpy as np
import pytest

from stats.filter.precision_recall import by_recall, by_threshold, precision_recall
from stats.filter.resampled_curves import resampled_curves
from stats.filter.thresholds import threshold_curve

# From 0.9 up 30 of 30 are plausible, from 0.6 up 60 of 90, of all 90 of 140.
P_YES = np.repeat([0.9, 0.6, 0.2], [30, 60, 50])
PLAUSIBLE = np.r_[np.ones(30), np.arange(60) < 30, np.arange(50) < 30].astype(bool)
CURVE, RESAMPLED = threshold_curve(P_YES, PLAUSIBLE), resampled_curves(P_YES, PLAUSIBLE)


def test_by_threshold():
    rows = by_threshold(CURVE)
    assert [row.threshold for row in rows] == [0.5, 0.6, 0.7, 0.8, 0.9]
    assert rows[0].precision.value == pytest.approx(60 / 90)
    assert rows[-1].recall.value == pytest.approx(30 / 90)
    assert rows[-1].preserved.value == pytest.approx(30 / 140)
    assert rows[-1].preserved.ci95 is not None


def test_preserve_rate_of_the_run_is_counted():
    rows = by_threshold(CURVE, kept_of_run=[5000, 4500, 3000, 2500, 1800], intentions=7200)
    assert (rows[-1].preserved.value, rows[-1].preserved.ci95) == (1800 / 7200, None)


def test_by_recall_takes_the_highest_threshold_that_reaches_it():
    # At 0.9 a third is found, at 0.6 two thirds, at 0.2 all.
    rows = {row.recall: row for row in by_recall(CURVE, RESAMPLED, recalls=(0.3, 0.5, 0.9))}
    assert [row.threshold for row in rows.values()] == [0.9, 0.6, 0.2]
    assert [row.precision.value for row in rows.values()] == pytest.approx([1, 60 / 90, 90 / 140])


def test_precision_at_a_recall_holds_the_doubt_about_the_threshold():
    # Recall at 0.6 is 0.67, in some resamples under 0.65: these fall to 0.2 and its precision of about 0.64.
    row = by_recall(CURVE, RESAMPLED, recalls=(0.65,))[0]
    low, high = row.precision.ci95
    assert low < 0.6 < row.precision.value < high


def test_points_of_the_curve():
    points = precision_recall(CURVE)
    assert points["threshold"].tolist() == [0, 0.201, 0.601, 0.901]
    assert points["recall"] == pytest.approx([1, 2 / 3, 1 / 3, 0])
    assert points["value"][:3] == pytest.approx([90 / 140, 60 / 90, 1])
    assert np.isnan(points["value"][3])


def test_nothing_plausible_says_so():
    nothing = np.zeros(40, dtype=bool)
    curve = threshold_curve(np.full(40, 0.7), nothing)
    row = by_recall(curve, resampled_curves(np.full(40, 0.7), nothing))[0]
    assert row.as_dict()["precision"]["reason"] == "people found nothing plausible"
    assert by_recall(threshold_curve([], []), resampled_curves([], []))[0].precision.reason == "no judgments yet"
