"""vLLM's offline engine inside the worker's own process, for a machine with a GPU and no model server."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

import orjson

from distillation.lvlm.base import BackendAway, Failure, Image, Part, Reply, Request, Usage, WrongModel
from distillation.lvlm.openai.abilities import TOP_LOGPROBS
from distillation.lvlm.openai.reading import answer_index, normalised
from distillation.lvlm.openai.refusals import Refusal, refused_request
from distillation.pipeline.markup import holds_reasoning

if TYPE_CHECKING:
    from PIL.Image import Image as Pixels

T = TypeVar("T")
TRIES = 5
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
# One thread for all that touches the engine: CUDA and torch keep state by thread, and the engine has no locks.
_thread = ThreadPoolExecutor(1, "vllm")


class Refused(Exception):
    """The engine does not take this conversation."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


class Engine(Protocol):
    """Answers many conversations at once; one that is added between two steps joins those under way."""

    def add(self, request: Request) -> str:
        """The request_id of the output to come; raises Refused."""

    def step(self) -> Sequence[Any]:
        """The outputs that have ended with this step; raises BackendAway."""

    def abort(self, ids: Sequence[str]) -> None: ...


Waiting = tuple[Request, asyncio.Future[Reply]]
Ended = tuple[asyncio.Future[Reply], Reply | Exception]


class VllmBackend:
    name = "vllm"
    fault = ""
    known: Mapping[str, Any] = {}

    def __init__(self, *, model: str, engine: Engine | None = None) -> None:
        self.model = model
        self._engine = engine
        self._waiting: list[Waiting] = []
        self._open: dict[str, Waiting] = {}  # changed in the engine's thread alone
        self._turns: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Nobody waits for an answer any more; the engine, which outlives this, must not go on writing it."""
        if self._turns:
            self._turns.cancel()
            await _in_thread(self._abort)

    async def check(self) -> None:
        """Loads nothing: a command checks too, before a worker is told of the run."""
        if not self.model:
            raise WrongModel("The vllm backend needs a model: give its folder, or its name on the hub.")
        if importlib.util.find_spec("vllm") is None:
            raise BackendAway("vLLM is not installed here: install requirements-vllm.txt into this environment.")
        if not HUB_NAME.fullmatch(self.model) and not (Path(self.model) / "config.json").is_file():
            raise WrongModel(f"{self.model} is no folder with a config.json, nor a name on the hub: correct it.")

    async def reply(self, request: Request) -> Reply:
        """An answer without a word is asked for again, as it would be from a server."""
        usage = Usage()
        for _ in range(TRIES):
            reply = await self._answer(request)
            usage += reply.usage
            if reply.error or reply.text.strip() or reply.finish == "length":
                return replace(reply, usage=usage)
        return Reply("", usage=usage, error=Failure("empty", "the answer has no text"))

    async def _answer(self, request: Request) -> Reply:
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, answer))
        if self._turns is None or self._turns.done():
            self._turns = asyncio.create_task(self._take_turns())
        return await answer

    async def _take_turns(self) -> None:
        """Until nobody waits; who comes during a turn is in the next."""
        while self._waiting or self._open:
            new, self._waiting = self._waiting, []
            for answer, reply in await _in_thread(self._turn, new):
                if answer.done():  # cancelled by who asked
                    continue
                if isinstance(reply, Exception):
                    answer.set_exception(reply)
                else:
                    answer.set_result(reply)

    def _turn(self, new: list[Waiting]) -> list[Ended]:
        try:
            self._engine = self._engine or worker_engine(self.model)
            return [*self._add(self._engine, new), *self._step(self._engine)]
        except (BackendAway, WrongModel) as error:
            lost = [*new, *self._open.values()]
            self._open.clear()
            return [(answer, error) for _, answer in lost]

    def _add(self, engine: Engine, new: list[Waiting]) -> Iterator[Ended]:
        for request, answer in new:
            try:
                self._open[engine.add(request)] = request, answer
            except Refused as refused:
                yield answer, Reply("", usage=Usage(calls=1), error=refused.failure)

    def _step(self, engine: Engine) -> Iterator[Ended]:
        for output in engine.step() if self._open else ():
            if output.request_id in self._open:
                request, answer = self._open.pop(output.request_id)
                yield answer, read_output(output, logprobs=request.logprobs)

    def _abort(self) -> None:
        if self._engine and self._open:
            self._engine.abort(list(self._open))
        self._open.clear()


class OfflineEngine:
    """vllm.LLM, fed while it runs: LLM.chat as one call would wait for the longest answer of its batch, and fail with
    any bad conversation in it."""

    def __init__(self, model: str) -> None:
        # A Celery worker's children are daemons, which may not start the process vLLM would keep its engine in.
        os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        from vllm import LLM  # noqa: PLC0415

        self._llm = LLM(model, **engine_options(os.environ.get("LVLM_ENGINE", "")))
        # What the server takes from the model's generation_config.json where a request says nothing, top_p for one.
        self._defaults = self._llm.model_config.get_diff_sampling_param()
        self._pixels = lru_cache(maxsize=128)(pixels)

    def add(self, request: Request) -> str:
        from vllm import SamplingParams  # noqa: PLC0415
        from vllm.sampling_params import StructuredOutputsParams  # noqa: PLC0415

        messages = conversation(request, self._pixels)
        choice = StructuredOutputsParams(choice=list(request.choices)) if request.choices else None
        try:
            settings = SamplingParams(**{**self._defaults, **sampling(request)}, structured_outputs=choice)
            (made,) = self._llm.enqueue_chat([messages], settings, use_tqdm=False)
        except Exception as error:  # vLLM, the chat template and the picture processor each raise what they like
            raise Refused(refused_request(Refusal(400, str(error) or type(error).__name__))) from error
        return str(made).partition("-")[0]  # outputs carry the number without its random end

    def step(self) -> Sequence[Any]:
        try:
            return [output for output in self._llm.llm_engine.step() if output.finished]
        except Exception as error:
            raise BackendAway(f"vLLM's engine failed ({_words(error)}): restart the worker.") from error

    def abort(self, ids: Sequence[str]) -> None:
        self._llm.llm_engine.abort_request(list(ids))


_loaded: dict[str, Engine] = {}


def worker_engine(model: str, load: Callable[[str], Engine] = OfflineEngine) -> Engine:
    """The process's one engine: it takes minutes to load and fills the GPU, so it is kept from run to run."""
    if model in _loaded:
        return _loaded[model]
    if _loaded:
        raise BackendAway(f"This worker has {next(iter(_loaded))} loaded: restart it, or start another for {model}.")
    try:
        _loaded[model] = load(model)
    except Exception as error:
        raise WrongModel(
            f"vLLM can't load {model} ({_words(error)}): correct the model or LVLM_ENGINE, "
            "and let one worker with --concurrency 1 have the GPU."
        ) from error
    return _loaded[model]


def engine_options(told: str) -> dict[str, Any]:
    """Keyword arguments of vllm.LLM; `told` is a JSON object of them."""
    return {"enable_prefix_caching": True, "limit_mm_per_prompt": {"image": 2}, **orjson.loads(told or "{}")}


def conversation(request: Request, pixels: Callable[[Image], Pixels]) -> list[dict[str, Any]]:
    parts = [_part(part, pixels) for part in request.parts]
    return [{"role": "system", "content": request.system}, {"role": "user", "content": parts}]


def _part(part: Part, pixels: Callable[[Image], Pixels]) -> dict[str, Any]:
    if isinstance(part, Image):
        # By the uuid vLLM finds a picture that it has processed before without hashing the pixels.
        return {"type": "image_pil", "image_pil": pixels(part), "uuid": part.digest}
    return {"type": "text", "text": part.text}


def pixels(image: Image) -> Pixels:
    from PIL import Image as pil  # noqa: PLC0415

    try:
        return pil.open(BytesIO(image.jpeg)).convert("RGB")
    except Exception as error:  # a broken file can raise nearly anything
        raise Refused(Failure("bad_picture", str(error).partition(" <")[0])) from error  # <the object at 0x7f…>


def sampling(request: Request) -> dict[str, Any]:
    settings: dict[str, Any] = {"max_tokens": request.max_tokens, "temperature": request.temperature}
    if request.logprobs:
        settings["logprobs"] = TOP_LOGPROBS
    if request.seed is not None:
        settings["seed"] = request.seed
    return settings


def read_output(output: Any, *, logprobs: bool) -> Reply:
    said = output.outputs[0]
    usage = Usage(1, len(output.prompt_token_ids), output.num_cached_tokens or 0, len(said.token_ids))
    if said.finish_reason not in ("stop", "length"):
        failure = Failure("server_error", f"The engine ended the answer with {said.finish_reason}.")
        return Reply(said.text, usage=usage, error=failure)
    p_yes = _yes_probability(said) if logprobs else None
    return Reply(said.text, said.finish_reason, p_yes, usage, reasoned=holds_reasoning(said.text))


def _yes_probability(said: Any) -> float | None:
    tokens = [by_id[token] for token, by_id in zip(said.token_ids, said.logprobs or (), strict=False)]
    at = answer_index([token.decoded_token or "" for token in tokens], said.text)
    if at is None:
        return None
    return normalised((top.decoded_token or "", top.logprob) for top in said.logprobs[at].values())


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


async def _in_thread(function: Callable[..., T], *args: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(_thread, function, *args)
