import pytest

from stats.votes import majority


@pytest.mark.parametrize(("tie", "winner"), [("leave_out", -1), ("lowest", 0), ("highest", 2)])
def test_majority_has_a_stated_tie_rule(tie, winner):
    # An item won, one tied between the first and the last category, one not judged.
    result = majority([[0, 2, 1], [1, 0, 1], [0, 0, 0]], tie=tie)
    assert (result.winner.tolist(), result.ties) == ([1, winner, -1], 1)


def test_ties_count_the_items_of_a_row():
    # Three items like the first row, four like the second.
    assert majority([[1, 1], [2, 1]], items=[3, 4]).ties == 3
