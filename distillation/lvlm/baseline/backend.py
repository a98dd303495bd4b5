"""Rules on title words and picture colours and shapes: no language model is asked."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Self

from distillation.lvlm.base import (
    Ask,
    Describe,
    Failure,
    Image,
    Intend,
    Judge,
    Reply,
    Request,
    Subject,
    Usage,
    WrongModel,
)
from distillation.lvlm.baseline.choices import likest
from distillation.lvlm.baseline.pixels import Look, UnreadablePicture, look_at
from distillation.lvlm.baseline.sentences import describe_product, intention
from distillation.lvlm.baseline.titles import read_title
from distillation.lvlm.baseline.verdicts import judge_pair
from distillation.pipeline.records import PairRecord

MODEL = "rules-1"
LOOKS_KEPT = 4096


class BaselineBackend:
    name = "baseline"
    fault = ""
    known: Mapping[str, Any] = {}

    def __init__(self, *, model: str = "") -> None:
        self.model = model or MODEL
        self._looks: OrderedDict[str, Look] = OrderedDict()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        return None

    async def check(self) -> None:
        if self.model not in (MODEL, self.name):
            raise WrongModel(
                f"The baseline has no model {self.model!r}, only its rules {MODEL!r}: leave the model out."
            )

    async def reply(self, request: Request) -> Reply:
        try:
            text, p_yes = self._answer(request.subject, request.seed or 0)
        except UnreadablePicture as error:
            return Reply("", usage=Usage(calls=1), error=Failure("bad_picture", str(error)))
        return Reply(text, p_yes=p_yes, usage=Usage(calls=1))

    def _answer(self, subject: Subject, seed: int) -> tuple[str, float | None]:
        match subject:
            case Describe(product):
                return describe_product(read_title(product.title), self._look(product.picture)), None
            case Intend(pair, relation):
                one, other = read_title(pair.a.title), read_title(pair.b.title)
                return intention(one, other, relation, seed=f"{pair.a.asin} {pair.b.asin} {relation} {seed}"), None
            case Ask(stem, options):
                return likest(stem, options), None
            case Judge(pair, relation, told):
                p_yes, text = self._judge(pair, relation, told)
                return text, p_yes

    def _judge(self, pair: PairRecord, relation: str, told: str) -> tuple[float, str]:
        looks = self._look(pair.a.picture), self._look(pair.b.picture)
        return judge_pair(read_title(pair.a.title), read_title(pair.b.title), looks, relation, told)

    def _look(self, picture: Image | None) -> Look | None:
        if picture is None:
            return None
        if picture.digest not in self._looks:
            self._looks[picture.digest] = look_at(picture.jpeg)
            if len(self._looks) > LOOKS_KEPT:
                self._looks.popitem(last=False)
        return self._looks[picture.digest]
