import pytest

from stats.people.anchoring import anchoring, sign_test
from stats.rates import wilson


def test_moves_by_hand():
    # Up to a yes and down to a no are towards, up against a no is away; one did not move.
    moved = anchoring(before=[1, 3, 2, 2], after=[2, 1, 4, 2], verdict=[True, False, False, True])
    assert (moved.towards.value, moved.away.value, moved.unchanged.value) == (2 / 4, 1 / 4, 1 / 4)


def test_rows_stand_for_judgments():
    # 90 unchanged, 8 towards, 2 away: about Wilson's interval of 8 of 100.
    moved = anchoring([1, 0, 1], [1, 1, 0], [True, True, True], judgments=[90, 8, 2])
    assert (moved.towards.value, moved.towards.n) == (0.08, 100)
    assert moved.towards.ci95 == pytest.approx(wilson(8, 100).ci95, abs=2e-3)


def test_annotators_as_units_widen_the_interval():
    # All moves come from one annotator of four.
    before, after, who = [0] * 40, [1] * 10 + [0] * 30, [1] * 10 + [2] * 10 + [3] * 10 + [4] * 10
    alone, by_annotator = anchoring(before, after, [True] * 40), anchoring(before, after, [True] * 40, clusters=who)
    assert by_annotator.towards.value == alone.towards.value
    assert by_annotator.towards.ci95[1] > alone.towards.ci95[1] + 0.1


def test_sign_test_by_hand():
    # P(X ≤ 2) of 10 tosses is (1 + 10 + 45)/1024, both sides twice that.
    assert sign_test(8, 2) == sign_test(2, 8) == pytest.approx(2 * 56 / 1024)


def test_sign_test_at_its_ends():
    assert (sign_test(5, 5), sign_test(0, 0)) == (1, None)
    assert sign_test(60_000, 50_000) == pytest.approx(0, abs=1e-12)


def test_nothing_revealed_says_so():
    assert anchoring([], [], []).as_dict()["towards"]["reason"] == "no verdict has been revealed yet"
