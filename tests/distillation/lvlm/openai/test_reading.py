import gzip
import math

import orjson
import pytest

from distillation.lvlm.openai.reading import MalformedReply, decode_reply, error_inside, unpacked, yes_probability


def body(content: object = "Yes.", finish: str | None = "stop", logprobs: object = None, **message: object) -> bytes:
    choice = {"message": {"content": content, **message}, "finish_reason": finish, "logprobs": logprobs}
    return orjson.dumps({"model": "m", "choices": [choice]})


def tokens(*said: str, p_yes: float) -> dict:
    """At each yes or no the server gives `p_yes` to Yes, save at the first, where it gives 0.01."""
    seen, content = 0, []
    for token in said:
        p = 0.01 if seen == 0 else p_yes
        seen += token.strip().lower() in ("yes", "no")
        tops = [{"token": "Yes", "logprob": math.log(p)}, {"token": "No", "logprob": math.log(1 - p)}]
        content.append({"token": token, "logprob": -0.1, "top_logprobs": tops})
    return {"content": content}


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (("Yes", "/", "No", ":", " Yes", ",", " fine"), "Yes/No: Yes, fine"),
        (("<think>", "no", "?", "</think>", "Yes", ",", " fine"), "<think>no?</think>Yes, fine"),
        (("no", " way", "</think>", "\n", "Yes", ",", " fine", "<|im_end|>"), "Yes, fine"),
    ],
)
def test_p_yes_is_read_at_the_answers_token(said: tuple[str, ...], text: str):
    assert yes_probability(tokens(*said, p_yes=0.8), text) == pytest.approx(0.8)


@pytest.mark.parametrize(
    "odd",
    [
        [],
        {"content": [{"token": None, "logprob": 0}]},
        {"content": [{"token": "Yes", "logprob": "high"}]},
        {"content": [{"token": "Yes", "logprob": math.nan}]},
        {"tokens": ["Yes"], "token_logprobs": [-0.1]},
        "none",
    ],
)
def test_odd_probabilities_are_none_and_the_reply_counts(odd: object):
    assert yes_probability(odd, "Yes.") is None
    reply = decode_reply(body(logprobs=odd), logprobs=True)  # NaN becomes null on the wire
    assert (reply.text, reply.p_yes, reply.error) == ("Yes.", None, None)


def test_content_in_parts():
    parts = [{"type": "text", "text": "Yes, "}, {"type": "text", "text": "fine"}]
    assert decode_reply(body(parts), logprobs=False).text == "Yes, fine"
    reply = decode_reply(body([{"type": "thinking", "thinking": []}, {"type": "text", "text": "Yes"}]), logprobs=False)
    assert (reply.text, reply.reasoned) == ("Yes", True)


def test_no_content_with_reasoning_beside_it_is_reasoning_and_no_empty_answer():
    reply = decode_reply(body(None, "length", reasoning_content="I think so, since"), logprobs=False)
    assert (reply.text, reply.finish, reply.reasoned) == ("", "length", True)


def test_a_web_page_is_named_as_one():
    with pytest.raises(MalformedReply, match="a web page, not a chat completion"):
        decode_reply(b"<html><title>Sign in</title></html>", logprobs=False)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"choices": null, "error": {"message": "no", "code": 429}}', 429),
        (b'{"error": {"message": "no"}}', 500),
        (b'{"choices": [{"message": {"content": ""}, "finish_reason": "error"}]}', 500),
        (body('a text with "error" in it'), None),
    ],
)
def test_an_error_in_a_200(content: bytes, status: int | None):
    assert error_inside(content) == status


def test_a_packed_answer_is_unpacked_within_bounds():
    assert unpacked(gzip.compress(b"Yes"), "gzip", 100) == b"Yes"
    for content, encoding in ((gzip.compress(b"x" * 101), "gzip"), (b"Yes", "gzip"), (b"Yes", "br")):
        with pytest.raises(MalformedReply):
            unpacked(content, encoding, 100)
