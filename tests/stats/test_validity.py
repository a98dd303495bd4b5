"""The benchmark's topics run; their bars need thousands of replications and are left to it."""

import pytest

from benchmarks.bars import Row
from benchmarks.validity import anchoring, ceiling, groups, looking


@pytest.mark.parametrize("topic", [anchoring, ceiling, groups, looking])
def test_a_topic_gives_rows(topic):
    rows = list(topic.rows(4))
    assert rows
    assert all(isinstance(row, Row) and row.figure and row.bar for row in rows)
