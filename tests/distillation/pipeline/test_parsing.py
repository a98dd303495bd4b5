import pytest

from distillation.lvlm.base import Failure
from distillation.pipeline.parsing import parse_description, parse_intention, parse_verdict


@pytest.mark.parametrize(
    "text",
    [
        "charging phones at home",
        "They bought both because they both are used for charging phones at home.",
        "Sure, here is the intention: They bought both because they both are used for charging phones at home.",
        "**The customer bought both products because they both are used for charging phones at home**",
        "ASSISTANT: they both are used for charging phones at home. Let me know if you need more!",
        '"They bought both because they both are used for charging phones at home."',
    ],
)
def test_one_intention_in_many_dresses(text: str):
    assert parse_intention(text, "usedFor") == "They both are used for charging phones at home."


def test_an_intention_in_its_own_sentences_is_left_alone():
    told = "Both items protect a laptop. The customer travels a lot."
    assert parse_intention(told, "can") == told


def test_open_has_no_tail_to_put_back():
    assert parse_intention("They bought both because it was cold.", "open") == "It was cold."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (" \n ", "empty"),
        ("**", "empty"),
        ("Sure, here is the intention:", "empty"),
        ("They bought both because", "empty"),
        ("They bought both because they both are used for …", "empty"),
        ("I'm sorry, but I can't help with that.", "refused"),
        ("As an AI language model, I cannot see pictures.", "refused"),
    ],
)
def test_no_intention_is_a_failure_with_its_reason(text: str, reason: str):
    failure = parse_intention(text, "usedFor")
    assert isinstance(failure, Failure)
    assert failure.reason == reason


def test_a_picture_token_of_the_models_own_is_neutralised():
    assert parse_description("A frame <image> of oak") == "A frame (image) of oak."


@pytest.mark.parametrize(
    ("text", "yes", "reason"),
    [
        ("Yes, I need both.", True, "I need both."),
        ("**Yes** – they match", True, "They match."),
        ("Answer: No. Reason: too dear", False, "Too dear."),
        ("Verdict (yes or no): No, too dear", False, "Too dear."),
        ("Yes/No: Yes, they match", True, "They match."),
        ("My answer is no, because I have one", False, "Because I have one."),
        ("YES", True, ""),
        ("<b>no</b>, thanks", None, ""),
        ("“Yes,” I would say", True, "I would say."),
    ],
)
def test_a_verdict_in_many_spellings(text: str, yes: bool | None, reason: str):
    verdict = parse_verdict(text)
    assert (verdict.yes, verdict.reason) == (yes, reason) if verdict else yes is None


@pytest.mark.parametrize(
    "text", ["", "I would.", "Yes and no.", "Yes/No", "Yes or no?", "No doubt I would.", "Nobody", "No-brainer"]
)
def test_an_unclear_verdict_is_none(text: str):
    assert parse_verdict(text) is None
