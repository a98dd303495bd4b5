"""Requests of the three steps. What a co-buy's calls share comes first and is the same to the byte."""

from __future__ import annotations

from functools import lru_cache

from distillation.lvlm.base import Describe, Intend, Judge, Part, Request, Text
from distillation.pipeline.canvas import side_by_side
from distillation.pipeline.options import Options
from distillation.pipeline.records import PairRecord, ProductRecord
from distillation.pipeline.relations import RELATIONS
from distillation.pipeline.text import TITLE_LENGTH, clean

ANSWERS = ("Yes", "No")
CHOICE_TOKENS = 32  # one word, or one word in JSON


def describe_request(product: ProductRecord, options: Options) -> Request:
    pictures = (product.picture,) if product.picture else ()
    asked = Text(options.prompts.describe.format(title=clean(product.title, TITLE_LENGTH)))
    return _request(Describe(product), (*pictures, asked), options)


def intend_request(pair: PairRecord, relation: str, options: Options, *, sample: int) -> Request:
    asked = Text(options.prompts.intend.format(phrase=f"{RELATIONS[relation].phrase} …"))
    # The first sample leaves the seed to the server: seeded requests are slower on some of them.
    return _request(Intend(pair, relation, sample), (*shared_parts(pair, options), asked), options, seed=sample or None)


def judge_request(pair: PairRecord, relation: str, intention: str, options: Options, *, sample: int = 0) -> Request:
    asked = Text(options.judging.judge.format(intention=clean(intention)))
    subject = Judge(pair, relation, intention, sample)
    return _request(subject, (*shared_parts(pair, options), asked), options, logprobs=True, openings=ANSWERS)


def judge_again_request(first: Request, intention: str, answer: str, options: Options) -> Request:
    asked = options.judging.judge_again.format(intention=clean(intention), answer=clean(answer, 600))
    return Request(
        first.subject,
        first.system,
        (*first.parts[:-1], Text(asked)),
        max_tokens=CHOICE_TOKENS,
        temperature=first.temperature,
        choices=ANSWERS,
        logprobs=True,
    )


@lru_cache(maxsize=128)  # asked for with each of a co-buy's up to 40 calls
def shared_parts(pair: PairRecord, options: Options) -> tuple[Part, ...]:
    text = options.prompts.pair.format(
        pictures=_pictures_line(pair, options),
        title_a=clean(pair.a.title, TITLE_LENGTH),
        feature_a=clean(pair.a.feature) or "nothing more is known.",
        title_b=clean(pair.b.title, TITLE_LENGTH),
        feature_b=clean(pair.b.feature) or "nothing more is known.",
    )
    pictures = [product.picture for product in (pair.a, pair.b) if product.picture]
    if options.side_by_side and len(pictures) == 2:
        pictures = [side_by_side(*pictures)]
    return (*pictures, Text(text))


def _pictures_line(pair: PairRecord, options: Options) -> str:
    match bool(pair.a.picture), bool(pair.b.picture):
        case True, True if options.side_by_side:
            return "The picture shows product A on the left and product B on the right."
        case True, True:
            return "The first picture shows product A, the second picture shows product B."
        case True, False:
            return "The picture shows product A."
        case False, True:
            return "The picture shows product B."
        case _:
            return "There are no pictures."


def _request(
    subject: Describe | Intend | Judge,
    parts: tuple[Part, ...],
    options: Options,
    *,
    logprobs: bool = False,
    seed: int | None = None,
    openings: tuple[str, ...] = (),
) -> Request:
    return Request(
        subject, options.prompts.system, parts, options.max_tokens, options.temperature,
        openings=openings, logprobs=logprobs, seed=seed,
    )  # fmt: skip
