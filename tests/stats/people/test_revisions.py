import numpy as np
import pytest

from stats.people.revisions import revisions
from tests.stats.inference import columns, references

DATA, VALUES = columns("anchoring"), references("anchoring")["values"]
HIDDEN = DATA["shown"] == 0


def of_file(annotators: np.ndarray | None = None):
    who = DATA["annotator"][HIDDEN] if annotators is None else annotators
    return revisions(*(DATA[name][HIDDEN] for name in ("first", "second", "verdict")), who, yes_from=1)


def test_rates_and_moves_of_the_file():
    expected, found = VALUES["revisions at risk"], of_file()
    assert found.revealed.differed.value == pytest.approx(expected["share_towards"], rel=1e-9)
    assert found.revealed.agreed.value == pytest.approx(expected["share_away"], rel=1e-9)
    assert (found.revealed.differed.n, found.revealed.agreed.n) == (expected["disagreed"], expected["agreed"])
    moved = VALUES["matched pairs after the reveal"]
    assert (found.towards, found.away) == (moved["b_towards"], moved["c_away"])


def test_pull_of_one_annotator_is_the_odds_ratio_at_risk():
    found = of_file(np.zeros(HIDDEN.sum()))
    assert found.pull.ratio.value == pytest.approx(VALUES["revisions at risk"]["value"], rel=1e-8)
    assert found.pull.ratio.ci95 == pytest.approx(VALUES["revisions at risk"]["ci95"], rel=1e-8)


def test_pull_within_annotators():
    # statsmodels 0.15.0, StratifiedTable of differed x revised by annotator, of the 600 judgments that were hidden.
    found = of_file().pull
    assert found.ratio.value == pytest.approx(4.927868695145327, rel=1e-8)
    assert found.ratio.ci95 == pytest.approx((2.3297656453582394, 10.423318725201336), rel=1e-8)
    assert found.p_value == pytest.approx(7.725641637756908e-06, rel=1e-6)


def test_directions_by_hand():
    # On a scale of 1 to 4 with yes from 3: up to a yes twice (one of them agreed before), down against a yes once.
    found = revisions([2, 3, 3, 1], [3, 4, 2, 1], [True, True, True, False], list("aabb"), yes_from=3)
    assert (found.towards, found.away) == (2, 1)
    assert (found.revealed.differed.value, found.revealed.agreed.value) == (1, pytest.approx(2 / 3))


def test_a_control_tells_pull_from_second_thoughts():
    # Who differs revises 30 of 100 after the reveal and 5 of 50 without it: odds 30/70 over 5/45.
    before, verdict = np.zeros(150), np.ones(150, dtype=bool)
    after, shown = np.r_[np.ones(30), np.zeros(70), np.ones(5), np.zeros(45)], np.arange(150) < 100
    found = revisions(before, after, verdict, ["a"] * 150, yes_from=1, revealed=shown)
    assert (found.revealed.differed.value, found.control.differed.value) == pytest.approx((0.3, 0.1))
    assert found.against_control.ratio.value == pytest.approx((30 / 70) / (5 / 45))
    assert found.towards == 30


def test_rows_stand_for_judgments():
    rows = [0, 0, 1, 1], [1, 0, 0, 1], [True] * 4, ["a"] * 4
    found = revisions(*rows, yes_from=1, judgments=[8, 32, 5, 95])
    assert (found.revealed.differed.value, found.revealed.agreed.value) == pytest.approx((8 / 40, 5 / 100))
    assert found.pull.ratio.value == pytest.approx(8 * 95 / (32 * 5))


def test_nothing_revealed_says_so():
    found = revisions([], [], [], [], yes_from=1).as_dict()
    assert found["revealed"]["agreed"]["reason"] == "no verdict has been revealed yet"
    assert found["control"]["agreed"]["reason"] == "no judgments were held back from the reveal"
    assert found["pull"]["value"] is None


def test_no_rating_that_agreed_says_so():
    found = revisions([0, 0], [1, 0], [True, True], ["a", "b"], yes_from=1)
    assert found.revealed.agreed.reason == "no rating agreed with its verdict"
