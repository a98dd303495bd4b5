"""What holds of the figures for any sample: grouped rows equal single ones, order is nothing, values stay in range."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.agreement.coefficients import agreement_report
from stats.agreement.intra_rater import intra_rater
from stats.estimate import Estimate
from stats.filter.calibration import calibration
from stats.filter.ceiling import human_ceiling
from stats.filter.quality import confusion
from stats.filter.thresholds import threshold_curve
from stats.joint import plausible_but_atypical
from stats.odds import OddsRatio
from stats.paired import paired_difference
from stats.people.revisions import revisions
from stats.rates import hajek_rate, horvitz_thompson_rate, stratified_variance
from stats.sample import sample_of
from stats.votes import majority

quick = settings(max_examples=15, deadline=None)
# (yes, no, p_yes in tenths, stratum, times): of an item's annotators, of its verdict, of its design.
row = st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 10), st.integers(0, 2), st.integers(1, 4))
rows = st.lists(row, min_size=1, max_size=12).map(np.array)


@dataclasses.dataclass(frozen=True)
class Columns:
    yes: np.ndarray
    n: np.ndarray
    p_yes: np.ndarray
    truth: np.ndarray
    kept: np.ndarray
    weights: np.ndarray
    strata: np.ndarray
    items: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        return np.stack([self.n - self.yes, self.yes], axis=1)

    @property
    def design(self) -> dict[str, np.ndarray]:
        return {"weights": self.weights, "strata": self.strata, "items": self.items}


def columns(table: np.ndarray) -> Columns:
    yes, no, tenth, strata, times = table.T
    return Columns(yes, yes + no, tenth / 10, yes > no, tenth >= 5, 1.0 + 3 * strata, strata, times)


def of_rates(of: Columns) -> list[object]:
    share, among = of.yes / np.maximum(of.n, 1), of.n > 0
    return [
        hajek_rate(share, 1 / of.weights, of.strata, among, items=of.items),
        horvitz_thompson_rate(share, 1 / of.weights, 500, of.strata, items=of.items),
        stratified_variance(share, of.strata, items=of.items),
    ]


def of_filter(of: Columns) -> list[object]:
    return [confusion(of.kept, of.truth, items=of.items), confusion(of.kept, of.truth, **of.design)]


def of_ceiling(of: Columns) -> list[object]:
    return [human_ceiling(of.yes, of.n, of.kept, **of.design)]


def of_calibration(of: Columns) -> list[object]:
    return [calibration(of.p_yes, of.truth, **of.design, draws=5)]


def of_agreement(of: Columns) -> list[object]:
    sample = sample_of(len(of.yes), **of.design)
    return [agreement_report(of.counts, of.items), agreement_report(of.counts, sample=sample)]


def of_the_rest(of: Columns) -> list[object]:
    joint = np.eye(4)[2 * of.kept + of.truth].reshape(-1, 2, 2) * of.n[:, np.newaxis, np.newaxis]
    moved = revisions(of.kept, of.truth, of.yes > 2, of.strata, yes_from=1, judgments=of.items)
    return [
        majority(of.counts, items=of.items).ties,
        paired_difference(of.p_yes, of.truth, of.weights, items=of.items),
        intra_rater(of.kept, of.truth, 2, items=of.items),
        moved.revealed,
        [moved.towards, moved.away, moved.pull.p_value],
        plausible_but_atypical(joint, 1, 1, **of.design),
    ]


EVERY = [of_rates, of_filter, of_ceiling, of_calibration, of_agreement, of_the_rest]


def numbers(figure: object) -> list[float]:
    """All numbers of figures in order, -9 for None."""
    if dataclasses.is_dataclass(figure):
        return numbers([getattr(figure, field.name) for field in dataclasses.fields(figure)])
    if isinstance(figure, dict):
        return numbers(list(figure.values()))
    if isinstance(figure, list | tuple):
        return [number for each in figure for number in numbers(each)]
    return [] if isinstance(figure, str) else [-9.0 if figure is None else float(figure)]


@pytest.mark.parametrize("figures", EVERY)
@quick
@given(table=rows)
def test_grouped_rows_equal_single_ones(figures: Callable[..., list[object]], table):
    single = np.repeat(table, table[:, 4], axis=0)
    single[:, 4] = 1
    assert numbers(figures(columns(table))) == pytest.approx(numbers(figures(columns(single))), abs=1e-12, rel=1e-12)


@pytest.mark.parametrize("figures", [each for each in EVERY if each != of_calibration])
@quick
@given(table=rows, random=st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(figures: Callable[..., list[object]], table, random):
    shuffled = table[random.sample(range(len(table)), len(table))]
    assert numbers(figures(columns(shuffled))) == pytest.approx(numbers(figures(columns(table))), abs=1e-9)


def estimates(figure: object) -> list[Estimate]:
    """All but odds, which know no upper end."""
    if isinstance(figure, Estimate):
        return [figure]
    if isinstance(figure, OddsRatio):
        return []
    if dataclasses.is_dataclass(figure):
        return estimates([getattr(figure, field.name) for field in dataclasses.fields(figure)])
    return [each for part in figure for each in estimates(part)] if isinstance(figure, list | tuple) else []


@quick
@given(rows)
def test_values_lie_in_their_intervals_and_these_in_range(table):
    for figures in EVERY:
        for estimate in estimates(figures(columns(table))):
            assert (estimate.value is None) == bool(estimate.reason)
            if estimate.ci95:
                low, high = estimate.ci95
                assert -1 <= low <= estimate.value + 1e-12
                assert estimate.value - 1e-12 <= high <= 1


@quick
@given(rows, st.sampled_from([0.0, 0.2, 0.5, 1.0]))
def test_the_curve_equals_the_confusion_table_everywhere(table, threshold):
    of = columns(table)
    exact = confusion(of.p_yes >= threshold, of.truth, **of.design)
    at = threshold_curve(of.p_yes, of.truth, **of.design).at(threshold)
    assert numbers([at["recall"], at["accuracy"]]) == pytest.approx(numbers([exact.recall, exact.accuracy]), abs=1e-9)


@quick
@given(rows)
def test_names_of_strata_do_not_matter(table):
    of = columns(table)
    renamed = dataclasses.replace(of, strata=np.array(["z", "a", "m"])[of.strata])
    assert numbers(of_filter(renamed)) == pytest.approx(numbers(of_filter(of)), abs=1e-9)


@quick
@given(rows)
def test_clusters_of_one_item_are_no_clusters(table):
    of = columns(np.repeat(table, table[:, 4], axis=0))
    alone = hajek_rate(of.p_yes, 1 / of.weights, of.strata)
    clustered = hajek_rate(of.p_yes, 1 / of.weights, of.strata, clusters=np.arange(len(of.yes)))
    assert numbers(clustered) == pytest.approx(numbers(alone), abs=1e-9)
