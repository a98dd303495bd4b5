"""The vllm backend over a stand-in for the engine; tests/vllm has the real one."""

import asyncio
import importlib.util
import math
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import PIL.Image
import pytest

from distillation.lvlm import make_backend, vllm_offline
from distillation.lvlm.base import BackendAway, Describe, Failure, Image, Reply, Request, Text, WrongModel
from distillation.lvlm.vllm_offline import (
    Refused,
    VllmBackend,
    conversation,
    engine_options,
    pixels,
    read_output,
    sampling,
    worker_engine,
)
from distillation.pipeline.records import ProductRecord

SUBJECT = Describe(ProductRecord("A", "a"))


def request(words: str) -> Request:
    return Request(SUBJECT, "Sys", (Text(words),), 64, 0.2)


def output(text: str, *, request_id: str = "0", finish: str = "stop", logprobs: Sequence[dict] = ()) -> SimpleNamespace:
    ids = [next(iter(tops)) for tops in logprobs] or [7, 8, 9]
    said = SimpleNamespace(text=text, finish_reason=finish, token_ids=ids, logprobs=list(logprobs) or None)
    return SimpleNamespace(request_id=request_id, prompt_token_ids=[1] * 90, num_cached_tokens=80, outputs=[said])


class StandIn:
    """Each step ends the conversations with the fewest words left, one word a step."""

    def __init__(self) -> None:
        self.left: dict[str, list[str]] = {}
        self.most = self.added = 0
        self.aborted: list[str] = []

    def add(self, request: Request) -> str:
        words = request.parts[0].text
        if words == "bad":
            raise Refused(Failure("too_long", "the prompt is longer than the model"))
        self.added += 1
        self.left[str(self.added)] = words.split()
        self.most = max(self.most, len(self.left))
        return str(self.added)

    def step(self) -> list[SimpleNamespace]:
        if ["crash"] in self.left.values():
            raise BackendAway("vLLM's engine failed (out of memory): restart the worker.")
        for words in self.left.values():
            words.pop()
        ended = [id for id, words in self.left.items() if not words]
        return [output(f"answer {id}", request_id=id) for id in ended if self.left.pop(id) == []]

    def abort(self, ids: Sequence[str]) -> None:
        self.aborted += ids


def ask(engine: StandIn, *words: str) -> list[Reply | BaseException]:
    async def run() -> list[Reply | BaseException]:
        async with VllmBackend(model="m", engine=engine) as backend:
            return await asyncio.gather(*(backend.reply(request(each)) for each in words), return_exceptions=True)

    return asyncio.run(run())


def test_all_who_wait_are_answered_together_and_in_order():
    engine = StandIn()
    replies = ask(engine, "one two three", "one", "one two")
    assert [reply.text for reply in replies] == ["answer 1", "answer 2", "answer 3"]
    assert engine.most == 3


def test_who_comes_later_joins_those_under_way():
    class Slow(StandIn):
        def step(self) -> list[SimpleNamespace]:
            return super().step() if self.added == 2 else []

    async def run() -> list[Reply]:
        async with VllmBackend(model="m", engine=engine) as backend:
            first = asyncio.create_task(backend.reply(request("one two")))
            while not engine.added:
                await asyncio.sleep(0)
            second = await backend.reply(request("one"))  # ends only if both are open at once
            return [await first, second]

    engine = Slow()
    assert [reply.text for reply in asyncio.run(run())] == ["answer 1", "answer 2"]


def test_a_bad_conversation_is_a_failure_and_the_others_are_answered():
    good, bad, other = ask(StandIn(), "one two", "bad", "one")
    assert (good.text, other.text) == ("answer 1", "answer 2")
    assert bad.error == Failure("too_long", "the prompt is longer than the model")
    assert bad.usage.calls == 1


def test_an_empty_answer_is_asked_for_again_four_times():
    class Silent(StandIn):
        def step(self) -> list[SimpleNamespace]:
            ended = [self.left.popitem()[0]]
            return [output("" if self.added < self.speaks_at else "At last", request_id=id) for id in ended]

    engine = Silent()
    engine.speaks_at = 5
    (reply,) = ask(engine, "one")
    assert (reply.text, reply.usage.calls, reply.usage.prompt_tokens) == ("At last", 5, 5 * 90)
    engine.speaks_at = 11
    (reply,) = ask(engine, "one")
    assert (reply.error.reason, reply.usage.calls, engine.added) == ("empty", 5, 5 + 5)


def test_a_lost_engine_is_no_failure_of_the_items():
    engine = StandIn()
    assert all(isinstance(reply, BackendAway) for reply in ask(engine, "crash", "one two"))


def test_what_nobody_waits_for_any_more_is_aborted():
    class Endless(StandIn):
        def step(self) -> list[SimpleNamespace]:
            return []

    async def run() -> None:
        async with VllmBackend(model="m", engine=engine) as backend:
            asking = asyncio.create_task(backend.reply(request("one")))
            while not engine.added:
                await asyncio.sleep(0)
            asking.cancel()

    engine = Endless()
    asyncio.run(run())
    assert engine.aborted == ["1"]


def test_an_answer_of_an_earlier_run_is_nobodys():
    engine = StandIn()
    engine.left["99"] = ["one"]
    assert [reply.text for reply in ask(engine, "one two")] == ["answer 1"]


@pytest.fixture
def nothing_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_offline, "_loaded", {})


def test_a_worker_loads_its_engine_once(nothing_loaded: None):
    loaded = []
    engines = [worker_engine("m", load=lambda model: loaded.append(model) or StandIn()) for _ in range(3)]
    assert (loaded, engines[0] is engines[2]) == (["m"], True)
    with pytest.raises(BackendAway, match="This worker has m loaded: restart it, or start another for other"):
        worker_engine("other", load=lambda model: StandIn())


def test_a_model_that_can_not_be_loaded_is_told_in_one_line(nothing_loaded: None):
    def load(model: str) -> StandIn:
        raise ValueError("No room\n on the GPU")

    with pytest.raises(WrongModel, match=r"vLLM can't load m \(No room on the GPU\)"):
        worker_engine("m", load=load)


def found(name: str) -> object:
    return object()


def check(model: str) -> None:
    asyncio.run(make_backend("vllm", model=model).check())


def test_check_loads_nothing_and_takes_a_folder_or_a_name_on_the_hub(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nothing_loaded: None
):
    monkeypatch.setattr(importlib.util, "find_spec", found)
    (tmp_path / "config.json").touch()
    check(str(tmp_path))
    check("llava-hf/llava-1.5-13b-hf")
    assert not vllm_offline._loaded


@pytest.mark.parametrize(
    ("spec", "model", "error", "words"),
    [
        (found, "", WrongModel, "needs a model"),
        (found, "/no/such/folder", WrongModel, "/no/such/folder is no folder with a config.json"),
        (lambda name: None, "llava-hf/llava-1.5-13b-hf", BackendAway, "requirements-vllm.txt"),
    ],
)
def test_check_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, spec: Callable, model: str, error: type[Exception], words: str
):
    monkeypatch.setattr(importlib.util, "find_spec", spec)
    with pytest.raises(error, match=words):
        check(model)


def jpeg() -> bytes:
    file = BytesIO()
    PIL.Image.new("L", (8, 8), 90).save(file, "JPEG")
    return file.getvalue()


def test_the_conversation_is_the_chat_format_with_decoded_pictures():
    asked = Request(SUBJECT, "Sys", (Image("aa", jpeg()), Text("Which?")), 64, 0.2)
    system, user = conversation(asked, pixels)
    assert system == {"role": "system", "content": "Sys"}
    assert (user["content"][0]["type"], user["content"][0]["uuid"]) == ("image_pil", "aa")
    assert (user["content"][0]["image_pil"].mode, user["content"][0]["image_pil"].size) == ("RGB", (8, 8))
    assert user["content"][1] == {"type": "text", "text": "Which?"}


@pytest.mark.parametrize("broken", [b"", b"no picture", jpeg()[:-40]], ids=["empty", "text", "cut"])
def test_a_broken_picture_is_told_apart(broken: bytes):
    with pytest.raises(Refused) as refused:
        pixels(Image("aa", broken))
    assert refused.value.failure.reason == "bad_picture"
    assert refused.value.failure.detail


def test_only_what_is_asked_for_is_set():
    assert sampling(request("Why?")) == {"max_tokens": 64, "temperature": 0.2}
    judging = Request(SUBJECT, "Sys", (Text("Yes?"),), 8, 0.2, choices=("Yes", "No"), logprobs=True, seed=3)
    assert sampling(judging) == {"max_tokens": 8, "temperature": 0.2, "logprobs": 20, "seed": 3}


def test_an_output_carries_text_usage_and_probability():
    said = {"**": 0.9, "Yes": 0.6, " yes": 0.1, "No": 0.2, "So": 0.1}
    tops = {i: SimpleNamespace(decoded_token=word, logprob=math.log(p)) for i, (word, p) in enumerate(said.items())}
    answer = {key: tops[key] for key in (1, 2, 3, 4)}
    reply = read_output(output("**Yes", logprobs=[{0: tops[0]}, answer]), logprobs=True)
    assert (reply.text, reply.finish, reply.error) == ("**Yes", "stop", None)
    assert reply.p_yes == pytest.approx((0.6 + 0.1) / (0.6 + 0.1 + 0.2))
    assert (reply.usage.calls, reply.usage.prompt_tokens, reply.usage.cached_tokens) == (1, 90, 80)


def test_an_unfinished_or_broken_output_says_so():
    assert read_output(output("They", finish="length"), logprobs=False).finish == "length"
    assert read_output(output("They", finish="error"), logprobs=False).error.reason == "server_error"
    assert read_output(output("Yes."), logprobs=True).p_yes is None


def test_the_operators_words_go_over_the_defaults():
    assert engine_options("") == {"enable_prefix_caching": True, "limit_mm_per_prompt": {"image": 2}}
    assert engine_options('{"max_model_len": 4096}')["max_model_len"] == 4096
