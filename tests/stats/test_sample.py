"""Codes of strata and clusters."""

import numpy as np
import pytest

from stats.sample import coded


@pytest.mark.parametrize(
    "names", [[0, 1, 1, 2, 0], [2, 0, 1], [0, 0], [1, 2, 3], [0, 2, 4], [-1, 0, 1], [0.0, 1.5, 1.5]]
)
def test_codes_are_places_in_the_order_of_the_names(names: list[float]) -> None:
    """Also of what are codes already, which is not sorted again."""
    assert coded(names).tolist() == [sorted(set(names)).index(name) for name in names]


def test_of_nothing_there_are_none() -> None:
    assert coded(np.array([], dtype=np.int64)).tolist() == []
