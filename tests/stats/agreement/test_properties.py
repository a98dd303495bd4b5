"""What holds of the coefficients for any table."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from stats.agreement.coefficients import agreement_report, fleiss_kappa, gwet_ac1, krippendorff_alpha
from stats.agreement.tallies import group_patterns, tallies_from_labels

VALUES = [1, 2, 4]
rows = st.lists(st.integers(0, 4), min_size=3, max_size=3)
tables = st.lists(rows, min_size=1, max_size=12).map(np.array)
labelled = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=40)
quick = settings(max_examples=20, deadline=None)


def figures(report: object) -> list[float]:
    """All numbers of a report in the order of its keys, -9 for None."""
    if isinstance(report, dict):
        return [number for each in report.values() for number in figures(each)]
    if isinstance(report, list):
        return [number for each in report for number in figures(each)]
    return [] if isinstance(report, str) else [-9 if report is None else report]


@quick
@given(tables, st.randoms(use_true_random=False))
def test_order_of_items_does_not_matter(table, random):
    shuffled = table[random.sample(range(len(table)), len(table))]
    assert figures(agreement_report(shuffled, values=VALUES)) == pytest.approx(
        figures(agreement_report(table, values=VALUES)), abs=1e-9
    )


@quick
@given(tables)
def test_pattern_weights_equal_expanded_rows(table):
    patterns, weights = group_patterns(table)
    assert figures(agreement_report(patterns, weights, VALUES)) == pytest.approx(
        figures(agreement_report(table, values=VALUES)), abs=1e-9
    )


@quick
@given(labelled)
def test_names_of_items_and_annotators_do_not_matter(rows):
    rows = list({(item, annotator): (item, annotator, label) for item, annotator, label in rows}.values())
    items, annotators, labels = zip(*rows, strict=True)
    counts, _ = tallies_from_labels(items, annotators, labels)
    renamed, _ = tallies_from_labels([f"i{9 - i}" for i in items], [f"a{9 - a}" for a in annotators], labels)
    assert (renamed[::-1] == counts).all()


@quick
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(2, 5)), min_size=2, max_size=12))
def test_perfect_agreement_is_one(items):
    table = np.array([[raters * (k == category) for k in range(3)] for category, raters in items])
    assume((table.sum(axis=0) > 0).sum() > 1)
    for coefficient in (fleiss_kappa, gwet_ac1, krippendorff_alpha):
        assert coefficient(table).value == pytest.approx(1)


@quick
@given(st.lists(st.integers(2, 5), min_size=1, max_size=12), st.integers(0, 2))
def test_one_category_is_undefined(raters, category):
    table = np.outer(raters, np.eye(3, dtype=int)[category])
    for coefficient in (fleiss_kappa, gwet_ac1, krippendorff_alpha):
        assert (coefficient(table).value, coefficient(table).reason) == (None, "all judgments fall into one category")


@quick
@given(tables)
@example(np.array([[0, 1, 0], [1, 0, 1], [1, 0, 1]]))  # whose value lies below -1, as AC2 can
def test_an_interval_holds_its_value(table):
    for leaf in agreement_report(table, values=VALUES)["gwet_ac2"].values():
        if leaf["ci95"]:
            low, high = leaf["ci95"]
            assert low <= leaf["value"] <= high <= 1


def test_chance_agreement_is_zero():
    # 40,000 items of 3 raters who toss a fair coin: the standard error of the coefficients is below 0.004.
    rng = np.random.default_rng(1)
    yes = rng.binomial(3, 0.5, 40_000)
    table = np.column_stack([yes, 3 - yes])
    for coefficient in (fleiss_kappa, gwet_ac1, krippendorff_alpha):
        assert abs(coefficient(table).value) < 0.02


def test_ordinal_interval_equals_the_bootstrap_over_items():
    # 400 items of 4 raters around a common quality; 600 resamples know the bounds to about 0.005.
    rng = np.random.default_rng(2)
    latent = rng.normal(size=(400, 1)) + rng.normal(size=(400, 4))
    labels = np.digitize(latent, [-1, 0.5, 1.5])
    table, weights = group_patterns(np.stack([(labels == k).sum(axis=1) for k in range(4)], axis=1))
    resamples = rng.multinomial(400, weights / 400, size=600)
    alphas = [krippendorff_alpha(table, resample, "ordinal").value for resample in resamples]
    assert krippendorff_alpha(table, weights, "ordinal").ci95 == pytest.approx(
        tuple(np.percentile(alphas, [2.5, 97.5])), abs=0.015
    )
