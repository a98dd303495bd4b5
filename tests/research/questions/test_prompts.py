import pytest

from research.questions.prompts import drawn_order, prompt
from tests.research.questions.builders import question


def test_zero_shot_to_the_letter():
    assert prompt(question(options={"A": "x", "B": "y"}), "zero-shot") == (
        "Why?\nA. x\nB. y\nAnswer A or B only without any other word."
    )


def test_chain_of_thought_to_the_letter():
    assert prompt(question(options={"A": "x", "B": "y"}), "cot-sc") == (
        "Why?\nA. x\nB. y\nFormulate your answer in this way.\n"
        "Step 1: Give a short and brief rationale by thinking step by step.\n"
        "Step 2: Answer A or B only without any other word."
    )


def test_the_question_taken_away_leaves_the_options():
    asked = prompt(question(options={"A": "x", "B": "y"}), "zero-shot", options_only=True)
    assert "Why?" not in asked
    assert "A. x\nB. y\n" in asked


def test_shuffled_options_keep_gold_with_its_text():
    original = question()
    turned = original.shuffled("CABD")
    assert (turned.options["A"], turned.gold) == (original.options["C"], "C")
    assert turned.options[turned.gold] == original.options[original.gold]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_is_in_the_seed(seed: int):
    orders = [drawn_order(question(key=str(n)), seed) for n in range(200)]
    assert orders == [drawn_order(question(key=str(n)), seed) for n in range(200)]
    assert len(set(orders)) == 24  # 200 draws miss one of 24 with a probability under 24 · (23/24)^200 = .005
