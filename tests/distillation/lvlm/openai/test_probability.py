"""p(yes), out of what a server tells of its first token."""

import math

import pytest

from distillation.lvlm.openai.reading import yes_probability


def test_p_yes_sums_over_spellings():
    tops = [
        {"token": token, "logprob": math.log(p)} for token, p in [("Yes", 0.4), (" yes", 0.2), ("No", 0.2), ("So", 0.2)]
    ]
    told = {"content": [{"token": "**", "logprob": 0.0}, {"token": "Yes", "logprob": -1.0, "top_logprobs": tops}]}
    assert yes_probability(told, "**Yes") == pytest.approx((0.4 + 0.2) / (0.4 + 0.2 + 0.2))


@pytest.mark.parametrize("told", [None, {}, {"content": None}, {"content": [{"token": "Well", "logprob": -1.0}]}])
def test_no_answer_token_is_no_probability(told: dict | None):
    assert yes_probability(told, "Well.") is None
