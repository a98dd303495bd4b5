"""Refusals in the words of servers that people have met; each is told apart by its words alone."""

import pytest

from distillation.lvlm.base import Image, Judge, Request, Text
from distillation.lvlm.openai.abilities import Abilities
from distillation.lvlm.openai.refusals import Refusal, lesson, refusal, refused_request
from distillation.pipeline.records import PairRecord, ProductRecord

SUBJECT = Judge(PairRecord(ProductRecord("A", "a"), ProductRecord("B", "b")), "usedFor", "They fit.")
PICTURES = (Image("aa", b"a"), Image("bb", b"b"))
REQUEST = Request(SUBJECT, "Sys", (*PICTURES, Text("?")), 512, 0.2, choices=("Yes", "No"), logprobs=True, seed=7)


ALL = Abilities()


def learnt(words: str, status: int = 400, *, can: Abilities = ALL, **told: str) -> dict:
    new = lesson(Refusal(status, words, **told), can, REQUEST)
    return can.changed_to(new) if new else {}


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ("Unrecognized request argument supplied: structured_outputs", {"choice": "response_format"}),
        (
            "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
            {"room": "max_completion_tokens"},
        ),
        ("Unsupported value: 'temperature' does not support 0.2, only 1 is", {"temperature": False}),
        ("parameters not supported: ['logprobs']", {"top_logprobs": 0}),
        ("Requested sample logprobs of 20, which is greater than max allowed: 5", {"top_logprobs": 5}),
        ("top_logprobs must be less than or equal to 8; invalid value", {"top_logprobs": 8}),
        ("seed: Extra inputs are not permitted", {"seed": False}),
        ("System role not supported", {"system": False}),
        ("Conversation roles must alternate user/assistant/user", {"system": False}),
        ("m is not a multimodal model", {"pictures": 0}),
        ("This model does not support image input", {"pictures": 0}),
        ("At most 1 image(s) may be provided in one request.", {"pictures": 1}),
        ("max_tokens is too large: 512. This model supports at most 400 completion tokens", {"most_tokens": 400}),
    ],
)
def test_what_can_be_left_away_is_learnt_from_the_words(words: str, changed: dict):
    assert learnt(words) == changed


def test_the_parameter_that_the_error_names_goes_before_its_words():
    assert learnt("This is not supported with a temperature", param="seed") == {"seed": False}


def test_room_that_the_context_leaves_is_taken():
    reasons = Abilities(reasons=True)  # asks for max(4096, 8 x 512) tokens
    told = (
        "maximum context length is 4096 tokens. You requested 5000 tokens (904 in the messages, 4096 in the completion)"
    )
    assert learnt(told, can=reasons) == {"most_tokens": 4096 - 904, "context": 4096}
    newer = "'max_tokens' is too large: 4096. Its maximum context length is 4096 tokens and you have 904 input tokens"
    assert learnt(newer, can=reasons) == {"most_tokens": 4096 - 904, "context": 4096}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "maximum context length is 512 tokens, you requested 2400."),
        (400, "temperature must be a number"),
        (400, "cannot identify image file"),
        (401, "not supported: logprobs"),
        (429, "seed not allowed now"),
    ],
)
def test_other_words_teach_nothing(status: int, words: str):
    assert learnt(words, status) == {}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("m is not a multimodal model", "no_pictures"),
        ("At most 1 image(s) may be provided in one request.", "no_pictures"),
        ("max_tokens: Extra inputs are not permitted", "bad_request"),
        ("max_tokens must be at least 1, got -188", "too_long"),
        ("Failed to load image: broken data stream", "bad_picture"),
        ("Incorrect padding in base64", "bad_picture"),
        ("The response was filtered due to content management policy", "refused"),
    ],
)
def test_reasons_say_the_truth(words: str, reason: str):
    assert refused_request(Refusal(400, words)).reason == reason


def test_a_quota_is_told_from_a_rate():
    assert Refusal(429, "You exceeded your current quota, check your plan").is_quota
    assert Refusal(402, "Insufficient credits").is_quota
    assert Refusal(429, "x", code="insufficient_quota").is_quota
    assert not Refusal(429, "Quota exceeded for requests per minute").is_quota
    assert not Refusal(400, "credit card holders bought").is_quota


@pytest.mark.parametrize(
    "body",
    [
        b'{"error": {"message": "no", "param": "seed"}}',
        b'{"object": "error", "message": "no", "param": "seed"}',
        b'{"detail": {"error": {"message": "no", "param": "seed"}}}',
    ],
)
def test_error_bodies_in_usual_shapes(body: bytes):
    told = refusal(400, body)
    assert (told.words, told.param) == ("no", "seed")
