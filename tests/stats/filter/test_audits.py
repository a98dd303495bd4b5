import numpy as np
import pytest

from stats.filter.audits import answers_rate, audit_rate
from stats.rates import wilson


def test_items_are_weighted_to_the_run():
    # Two of three say right of an item that stands for 2, none of two of one that stands for 10.
    assert audit_rate([2, 0], [3, 2], [2, 10]).value == pytest.approx((2 * 2 / 3 + 0) / 12)


def test_answers_on_one_item_are_no_new_items():
    # 40 items, three audits each that say the same: the doubt is that of 40, less a degree of freedom.
    right = np.repeat([3, 0], [30, 10])
    low, high = audit_rate(right, np.full(40, 3)).ci95
    assert (low, high) == pytest.approx(wilson(30, 40).ci95, abs=0.01)
    assert high - low > 1.6 * np.diff(wilson(90, 120).ci95)[0]


def test_items_without_an_audit_are_left_out():
    rate = audit_rate([1, 0, 0], [1, 1, 0])
    assert (rate.value, rate.n) == (pytest.approx(0.5), 2)


def test_no_audit_says_so():
    assert audit_rate([0], [0]).reason == "no verdict has been audited yet"


def test_answers_rate_counts_each_answer_but_each_item_once_as_a_unit():
    # 3 + 1 of 3 + 2 answers.
    rate = answers_rate([3, 1], [3, 2])
    assert (rate.value, rate.n) == (pytest.approx(4 / 5), 2)
    same = answers_rate(np.repeat([3, 0], [30, 10]), np.full(40, 3))
    assert same.ci95 == pytest.approx(audit_rate(np.repeat([3, 0], [30, 10]), np.full(40, 3)).ci95)
