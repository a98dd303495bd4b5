"""Against statsmodels' StratifiedTable and Table2x2."""

import numpy as np
import pytest

from stats.odds import mantel_haenszel
from tests.stats.inference import columns, references

DATA, VALUES = columns("anchoring"), references("anchoring")["values"]
AGREE = DATA["first"] == DATA["verdict"]


def test_within_items():
    expected = VALUES["Mantel-Haenszel by item"]
    found = mantel_haenszel(DATA["shown"], AGREE, DATA["item"])
    assert found.ratio.value == pytest.approx(expected["value"], rel=1e-8)
    assert found.ratio.ci95 == pytest.approx(expected["ci95"], rel=1e-8)
    assert found.p_value == pytest.approx(expected["p_value_cmh"], rel=1e-6)


def test_within_annotators():
    # statsmodels 0.15.0, StratifiedTable of the 20 annotators' tables shown x agree: oddsratio_pooled,
    # oddsratio_pooled_confint(), test_null_odds(correction=False).
    found = mantel_haenszel(DATA["shown"], AGREE, DATA["annotator"])
    assert found.ratio.value == pytest.approx(1.6604783318427723, rel=1e-8)
    assert found.ratio.ci95 == pytest.approx((1.3118445108625185, 2.1017645518877424), rel=1e-8)
    assert found.p_value == pytest.approx(2.3203327593868117e-05, rel=1e-6)


def test_one_stratum_is_woolfs():
    expected, found = VALUES["pooled"], mantel_haenszel(DATA["shown"], AGREE)
    assert found.ratio.value == pytest.approx(expected["value"], rel=1e-8)
    assert found.ratio.ci95 == pytest.approx(expected["ci95"], rel=1e-8)


def test_counted_rows_equal_single_ones():
    exposed, outcome, counts = [1, 1, 0, 0], [1, 0, 1, 0], [12, 30, 5, 40]
    single = mantel_haenszel(np.repeat(exposed, counts), np.repeat(outcome, counts))
    assert mantel_haenszel(exposed, outcome, counts=counts) == single
    assert single.ratio.value == pytest.approx(12 * 40 / (30 * 5))


def test_no_outcome_on_one_side_has_a_test_but_no_ratio():
    found = mantel_haenszel([1] * 20 + [0] * 20, [1] * 10 + [0] * 30)
    assert (found.ratio.value, found.ratio.n) == (None, 40)
    # 10 where 5 are expected, hypergeometric variance 20·20·10·30/(40²·39): χ² = 13.
    assert found.p_value == pytest.approx(0.000311491, rel=1e-4)


def test_nothing_to_compare_says_so():
    for exposed, outcome in (([], []), ([1, 1], [1, 0]), ([1, 0], [0, 0])):
        found = mantel_haenszel(exposed, outcome)
        assert (found.ratio.value, found.p_value) == (None, None)
        assert "in no stratum" in found.ratio.reason
