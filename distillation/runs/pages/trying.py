"""Three co-buys asked in a form's words, before a run is started with them. Nothing is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.files.storage import default_storage

from distillation.catalog.selection import CatalogSelection
from distillation.lvlm.base import Backend, BackendAway, Failure, Unfit
from distillation.models import CoBuy, Product, Run
from distillation.pipeline.options import Options
from distillation.pipeline.prompts import PromptError
from distillation.pipeline.records import Image, PairRecord, ProductRecord, VerdictValue
from distillation.pipeline.steps import Outcome, describe, intend, judge
from distillation.runs.servers import run_backend
from distillation.runs.services import RunRefused
from distillation.treatments import TREATED, Untreatable, treat

COBUYS, WAITS_S = 3, 60
BACKENDS = ("baseline", "openai")


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a co-buy; an outcome is None where an earlier one failed, or nobody was to be asked."""

    cobuy: CoBuy
    relation: str
    features: tuple[Outcome[str] | None, Outcome[str] | None]
    intention: Outcome[str] | None
    verdict: Outcome[VerdictValue] | None

    @property
    def products(self) -> tuple[Product, Product]:
        return self.cobuy.a, self.cobuy.b

    @property
    def steps(self) -> list[tuple[str, Outcome[Any]]]:
        """Those that were asked, by name."""
        names = ("Product A", "Product B", "Intention", "Verdict")
        asked = zip(names, (*self.features, self.intention, self.verdict), strict=True)
        return [(name, each) for name, each in asked if each]

    @property
    def failure(self) -> Failure | None:
        return next((each.failure for _, each in self.steps if each.failure), None)

    @property
    def raw(self) -> list[tuple[str, str]]:
        return [(name, each.raw) for name, each in self.steps]


def sample_cobuys(catalog: CatalogSelection, n: int, *, with_images: bool) -> list[CoBuy]:
    """The first of what is chosen, as a run would take them."""
    chosen = CoBuy.objects.filter(catalog.q())
    chosen = chosen.with_pictures() if with_images else chosen
    return list(chosen.select_related("a__picture", "b__picture").order_by("pk")[:n])


def pair_shown(cobuy: CoBuy, treatment: str) -> PairRecord:
    return PairRecord(_product(cobuy.a, treatment), _product(cobuy.b, treatment))


def _product(product: Product, treatment: str) -> ProductRecord:
    picture = None
    if product.picture:
        with default_storage.open(product.picture.name) as file:
            picture = Image(product.picture.digest, file.read())
    if picture and treatment in TREATED:
        picture = _treated(picture, treatment)
    return ProductRecord(product.asin, product.title, product.category, picture)


def _treated(picture: Image, treatment: str) -> Image | None:
    try:
        return Image(f"{picture.digest}-{treatment}", treat(picture.jpeg, treatment, picture.digest).jpeg)
    except Untreatable:
        return None


def prompts_try(
    *,
    backend: str,
    model: str,
    base_urls: Sequence[str],
    config: Mapping[str, Any],
    cobuys: Sequence[CoBuy],
    relations: Sequence[str],
) -> list[Tried]:
    """A relation each, in turn. Raises RunRefused where no server answers in time or may be asked."""
    if backend not in BACKENDS:
        raise RunRefused("Words are tried with the baseline or a model server; others answer too late for a page")
    if not cobuys:
        raise RunRefused("There is no co-buy in this choice to try the words on; choose other imports or categories")
    run = Run(backend=backend, model=model, base_urls=list(base_urls), config=dict(config))
    try:
        pairs = [pair_shown(cobuy, config["pictures"]) for cobuy in cobuys]
        asked = [relations[n % len(relations)] for n in range(len(cobuys))]
        found = asyncio.run(_tried(run, Options.from_config(config), pairs, asked))
    except TimeoutError as error:
        raise RunRefused(f"The three co-buys were not answered within {WAITS_S} s: is the server busy?") from error
    except (BackendAway, Unfit, PromptError) as error:
        raise RunRefused(str(error)) from error
    return [Tried(cobuy, relation, *each) for cobuy, relation, each in zip(cobuys, asked, found, strict=True)]


async def _tried(run: Run, options: Options, pairs: Sequence[PairRecord], relations: Sequence[str]) -> list[tuple]:
    async with run_backend(run, options=options) as opened, asyncio.timeout(WAITS_S):
        await opened.check()
        asked = (_ask(opened, options, *each) for each in zip(pairs, relations, strict=True))
        return list(await asyncio.gather(*asked))


async def _ask(backend: Backend, options: Options, pair: PairRecord, relation: str) -> tuple:
    features: tuple[Outcome[str] | None, ...] = (None, None)
    if options.with_features:
        features = tuple(await asyncio.gather(*(describe(backend, each, options) for each in (pair.a, pair.b))))
        if any(each and each.failure for each in features):
            return features, None, None
        a, b = (each.said if each else "" for each in features)
        pair = PairRecord(replace(pair.a, feature=a), replace(pair.b, feature=b))
    intention = await intend(backend, pair, relation, options)
    if intention.failure or not options.with_filter:
        return features, intention, None
    return features, intention, await judge(backend, pair, relation, intention.said, options)
