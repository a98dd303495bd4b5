"""What stands around an answer: reasoning, marks of channels and turns, fences, JSON. It is cut for the value; the raw
reply keeps it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from distillation.lvlm.base import Failure

THINK = r"(?:seed:)?(?:think(?:ing)?|thoughts?|reasoning|reflection|analysis|scratchpad|START_THINKING|END_THINKING)"
OPENING = re.compile(rf"<\|?\s*{THINK}\s*\|?>|\[{THINK}\]|◁{THINK}▷", re.IGNORECASE)
CLOSING = re.compile(rf"<\|?\s*/\s*{THINK}\s*\|?>|<\|END_THINKING\|>|\[/{THINK}\]|◁/{THINK}▷", re.IGNORECASE)
# A channel's name and what follows it, in gpt-oss's and Gemma's spelling.
CHANNEL = re.compile(r"<\|channel\|?>\s*(\w+)[^<\n]*(?:<\|?message\|?>|<\|?constrain\|?>[^<]*<\|?message\|?>|\n|$)")
UNMARKED = ("analysis", "assistantfinal")  # what is left of two channels where the server drops their marks
HEAD = re.compile(
    r"\s*(?:<\|im_start\|>\s*assistant\s*|<\|start_header_id\|>\s*assistant\s*<\|end_header_id\|>\s*"
    r"|<start_of_turn>\s*(?:model|assistant)\s*|<\|(?:assistant|start_of_role\|>assistant<\|end_of_role)\|>\s*"
    r"|<\|start\|>\s*assistant\s*|\[/INST\]\s*|<\|START_RESPONSE\|>\s*|<\|CHATBOT_TOKEN\|>\s*|<[|｜]Assistant[|｜]>\s*"
    r"|<(?:s|bos)>|<\|begin_of_text\|>|assistant\s*\n+)",
    re.IGNORECASE,
)
END = re.compile(
    r"<\|(?:im_end|eot_id|eom_id|end|return|endoftext|end_of_text|call|END_RESPONSE|END_OF_TURN_TOKEN|user|im_start"
    r"|start_header_id|start)\|>|<end_of_turn>|<start_of_turn>|</s>|<eos>|\[INST\]|<[|｜]end▁of▁sentence[|｜]>"
    r"|<channel\|>|<turn\|>",
    re.IGNORECASE,
)
WRAPPED = re.compile(
    r"<(answer|response|output|final|final_answer)>(.*?)(?:</\1>|\Z)"
    r"|<\|begin_of_box\|>(.*?)<\|end_of_box\|>|\\boxed\{(?:\\text\{)?([^{}]*)\}",
    re.DOTALL | re.IGNORECASE,
)
FENCE = re.compile(r"```[\w-]*[ \t]*\n?(.*?)(?:```|\Z)", re.DOTALL)
JSON = re.compile(r"\s*(?:\{|\[\s*[\"{])")
STRAY = re.compile(
    rf"<\|?\s*/?\s*{THINK}\s*\|?>|\[/?{THINK}\]|◁/?{THINK}▷|<[|｜][^<>\n]{{0,40}}[|｜]>|<\|?channel\|?>"
    r"|</?(?:start|end)_of_turn>|\[/?INST\]|</(?:answer|response|output|final)>|```",
    re.IGNORECASE,
)
SIGNS, OPENINGS = "<[{`◁\\", ("analysis", "assistant", '"')
KEYS = ("answer", "verdict", "decision", "intention", "description", "feature", "text", "response", "output", "content")
REASONS = ("reason", "explanation", "why", "because", "justification", "rationale")


def uncovered(text: str) -> str | Failure:
    """The answer alone."""
    if not _may_hold(text):
        return text
    told = _without_reasoning(text)
    if not told.strip():
        if text.strip():
            return Failure("reasoning_only", f"Only reasoning came, and no answer after it: {text.strip()[:300]}")
        return told
    told = _unwrapped(_own_turn(told))
    if not told.strip() or STRAY.search(told) or JSON.match(told):
        return Failure("markup", f"No answer can be told from what stands around it: {text.strip()[:300]}")
    return told


def holds_reasoning(text: str) -> bool:
    if not _may_hold(text):
        return False
    channel = CHANNEL.search(text)
    return bool(OPENING.search(text) or CLOSING.search(text) or _is_unmarked(text)) or bool(
        channel and channel[1].lower() != "final"
    )


def _may_hold(text: str) -> bool:
    """Nearly no answer does, and to find that out must cost nothing."""
    return any(sign in text for sign in SIGNS) or text.lstrip().startswith(OPENINGS)


def _is_unmarked(text: str) -> bool:
    return text.lstrip().startswith(UNMARKED[0]) and UNMARKED[1] in text


def _without_reasoning(text: str) -> str:
    """A closing mark without an opening one ends what began in the prompt; an opening one alone has not ended."""
    if _is_unmarked(text):
        text = text[text.rfind(UNMARKED[1]) + len(UNMARKED[1]) :]
    if channels := list(CHANNEL.finditer(text)):
        last = channels[-1]
        # Gemma closes its thought with a mark of its own and then answers outside any channel.
        rest = text[last.end() :].partition("<channel|>")[2]
        return text[last.end() :] if last[1].lower() == "final" else rest
    if closings := list(CLOSING.finditer(text)):
        text = text[closings[-1].end() :]
    opened = OPENING.search(text)
    return text[: opened.start()] if opened else text


def _own_turn(text: str) -> str:
    """Without the head of the model's turn, and without a turn of somebody else that it goes on to write."""
    while head := HEAD.match(text):
        text = text[head.end() :]
    end = END.search(text.lstrip())
    return text.lstrip()[: end.start()] if end and end.start() else text


def _unwrapped(text: str) -> str:
    if found := WRAPPED.search(text):
        text = next(group for group in found.groups()[1:] if group is not None)
    if (fence := FENCE.search(text)) and fence[1].strip():
        text = fence[1]
    stripped = text.strip()
    return _from_json(stripped) if stripped[:1] in ("{", "[", '"') else text


def _from_json(text: str) -> str:
    """As it came where it is no JSON: a sentence may begin with a quotation mark."""
    try:
        return _said(json.loads(text)) or text
    except (ValueError, RecursionError):
        return text


def _said(value: Any) -> str:
    """The answer in a JSON value; empty where it is not plain which part that would be."""
    match value:
        case bool():
            return "Yes" if value else "No"
        case str():
            return value
        case [one]:
            return _said(one)
        case dict():
            return _said_in(value)
    return ""


def _said_in(answer: Mapping[str, Any]) -> str:
    by_key = {str(key).lower().replace(" ", "_"): value for key, value in answer.items()}
    found = next((key for key in KEYS if key in by_key), None)
    if found is None:
        texts = [value for value in answer.values() if isinstance(value, str | bool | dict)]
        return _said(texts[0]) if len(texts) == 1 else ""
    reason = next((by_key[key] for key in REASONS if isinstance(by_key.get(key), str)), "")
    return f"{_said(by_key[found])}. {reason}" if reason and _said(by_key[found]) else _said(by_key[found])
