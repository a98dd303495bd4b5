"""Every coefficient of a report has a name, and every name a coefficient."""

import numpy as np

from stats.agreement.coefficients import agreement_report
from stats.agreement.names import COEFFICIENTS, ON_PAGE
from stats.agreement.skewed import skewed_agreement

COUNTS = np.array([[2, 0], [1, 1], [0, 2]])
LEAF = {"value", "ci95", "n"}


def paths(report: dict, above: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    if set(report) >= LEAF:
        return {above}
    return set().union(*(paths(inner, (*above, key)) for key, inner in report.items() if isinstance(inner, dict)))


def test_the_names_are_those_of_the_report() -> None:
    assert paths(agreement_report(COUNTS, values=[0, 1])) == {each.path for each in COEFFICIENTS}


def test_names_and_what_is_short_are_told_apart() -> None:
    assert len({each.name for each in COEFFICIENTS}) == len({each.path for each in COEFFICIENTS}) == 11
    assert [each.short for each in ON_PAGE] == ["pairs", "κ", "α", "α ord.", "AC1", "AC2"]


def test_a_name_finds_its_leaf() -> None:
    """Of three items two agree: the mean over items is 2/3."""
    assert COEFFICIENTS[0].of(agreement_report(COUNTS))["value"] == 2 / 3


def test_intervals_that_hold_under_skew_go_by_the_same_names() -> None:
    figures = skewed_agreement(COUNTS, rng=np.random.default_rng(1), draws=10).coefficients
    assert set(figures) == {" ".join(each.path) for each in COEFFICIENTS if not each.is_share}
