import pytest

from distillation.lvlm.base import Failure
from distillation.pipeline.markup import holds_reasoning, uncovered

YES = "Yes, because."


@pytest.mark.parametrize(
    "text",
    [
        "<think>\nIs it yes or no?\n</think>\n\nYes, because.",
        "Let me see, yes or no?</think>Yes, because.",  # the opening tag was in the prompt
        "[THINK]no?[/THINK]Yes, because.",
        "◁think▷no?◁/think▷Yes, because.",
        "<|START_THINKING|>no?<|END_THINKING|><|START_RESPONSE|>Yes, because.<|END_RESPONSE|>",
        "<|channel|>analysis<|message|>no?<|end|><|start|>assistant<|channel|>final<|message|>Yes, because.<|return|>",
        "analysisWe need yes or no.assistantfinalYes, because.",
        "<|channel>thought\nno?<channel|>Yes, because.",
    ],
)
def test_reasoning_is_cut(text: str):
    assert uncovered(text).strip() == YES
    assert holds_reasoning(text)


@pytest.mark.parametrize(
    "text",
    [
        YES,
        "<start_of_turn>model\nYes, because.<end_of_turn>\n<start_of_turn>user\nAnd?",
        "<|im_start|>assistant\nYes, because.<|im_end|>",
        "<|start_header_id|>assistant<|end_header_id|>\n\nYes, because.<|eot_id|>",
        "<s> Yes, because.</s>",
        "assistant\n\nYes, because.",
        "<｜Assistant｜>Yes, because.<｜end▁of▁sentence｜>",
        "Yes, because.[INST]And now?[/INST]",
        "<answer>Yes, because.</answer>",
        "\\boxed{Yes, because.}",
        "<|begin_of_box|>Yes, because.<|end_of_box|>",
        "```\nYes, because.\n```",
        '```json\n{"answer": "Yes, because."}\n```',
        '{"verdict": "Yes, because.", "confidence": 0.9}',
        '["Yes, because."]',
        '"Yes, because."',
    ],
)
def test_what_stands_around_an_answer_is_cut(text: str):
    assert uncovered(text).strip() == YES
    assert not holds_reasoning(text)


def test_a_reason_beside_the_answer_is_kept():
    assert uncovered('{"answer": true, "reason": "I travel."}') == "Yes. I travel."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<think>\nFirst I would look at", "reasoning_only"),
        ("<|channel|>analysis<|message|>We think", "reasoning_only"),
        ("Yes <|foo|> because", "markup"),
        ('{"a": "Yes", "b": "No"}', "markup"),
        ('{"answer": "Yes', "markup"),
        ("</answer>", "markup"),
    ],
)
def test_no_answer_is_a_failure_with_its_reason(text: str, reason: str):
    cut = uncovered(text)
    assert isinstance(cut, Failure)
    assert cut.reason == reason


@pytest.mark.parametrize("text", ["A frame <image> of oak", '"Yes," I would say', "Fits 5 < 6 inch [new] {or so}"])
def test_signs_of_an_ordinary_text_stay(text: str):
    assert uncovered(text) == text
