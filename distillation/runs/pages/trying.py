"""Three co-buys asked in a form's words, before a run is started with them. Nothing is stored."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.files.storage import default_storage
from django.urls import reverse

from distillation.catalog.pictures.urls import thumbnail_url
from distillation.catalog.selection import CatalogSelection
from distillation.lvlm.base import Backend, BackendAway, Failure, Unfit
from distillation.models import CoBuy, Picture, Product, Run
from distillation.pipeline.options import Options
from distillation.pipeline.prompts import PromptError
from distillation.pipeline.records import Image, PairRecord, ProductRecord, VerdictValue
from distillation.pipeline.steps import Outcome, describe, intend, judge
from distillation.runs.pictures import NO_FILE, NO_OTHER, NO_PICTURE
from distillation.runs.servers import run_backend
from distillation.runs.services import RunRefused
from distillation.treatments import AS_IS, NONE, SWAPPED, TREATED, Untreatable, treat
from distillation.treatments.swaps import swaps

COBUYS, WAITS_S = 3, 60
OTHERS = 20  # co-buys more, to swap pictures with
BACKENDS = ("baseline", "openai")


@dataclass(frozen=True, slots=True)
class Sampled:
    """`pictures` are the addresses of what the model is shown; without a `pair`, why a run would leave it out."""

    cobuy: CoBuy
    pair: PairRecord | None
    pictures: tuple[str, ...] = ()
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a co-buy; an outcome is None where an earlier one failed, or nobody was to be asked."""

    shown: Sampled
    relation: str
    features: tuple[Outcome[str] | None, Outcome[str] | None]
    intention: Outcome[str] | None
    verdict: Outcome[VerdictValue] | None

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


def pairs_sample(catalog: CatalogSelection, n: int, *, with_images: bool, treatment: str) -> list[Sampled]:
    """The first of what is chosen, as a run would take them, seen as its model would see them."""
    chosen = CoBuy.objects.filter(catalog.q())
    chosen = chosen.with_pictures() if with_images else chosen
    among = n + OTHERS if treatment == SWAPPED else n
    cobuys = list(chosen.select_related("a__picture", "b__picture").order_by("pk")[:among])
    swapped = _swapped(cobuys) if treatment == SWAPPED else {}
    return [_sampled(cobuy, treatment, swapped) for cobuy in cobuys[:n]]


def _swapped(cobuys: Sequence[CoBuy]) -> dict[int, Picture]:
    """By product. A run has more products to swap with, and so may give another picture."""
    pictures = {each.pk: each.picture for cobuy in cobuys for each in (cobuy.a, cobuy.b) if each.picture}
    partners: dict[int, set[int]] = defaultdict(set)
    for cobuy in cobuys:
        partners[cobuy.a_id].add(cobuy.b_id)
        partners[cobuy.b_id].add(cobuy.a_id)
    by_digest = {picture.digest: picture for picture in pictures.values()}
    found = swaps({product: picture.digest for product, picture in pictures.items()}, partners)
    return {product: by_digest[digest] for product, digest in found.items()}


def _sampled(cobuy: CoBuy, treatment: str, swapped: Mapping[int, Picture]) -> Sampled:
    products = (cobuy.a, cobuy.b)
    if treatment == NONE:
        return Sampled(cobuy, PairRecord(*(_record(each, None) for each in products)))
    own = [swapped.get(each.pk) if treatment == SWAPPED else each.picture for each in products]
    try:
        images = [_image(each, treatment) for each in own]
    except (Untreatable, FileNotFoundError) as error:
        return Sampled(cobuy, None, left_out=str(error) if isinstance(error, Untreatable) else NO_FILE)
    pictures = tuple(_address(each, treatment) for each in own if each)
    return Sampled(cobuy, PairRecord(*map(_record, products, images)), pictures)


def _record(product: Product, picture: Image | None) -> ProductRecord:
    return ProductRecord(product.asin, product.title, product.category, picture)


def _image(picture: Picture | None, treatment: str) -> Image | None:
    """Raises Untreatable where a run would leave the co-buy out."""
    if picture is None:
        if treatment == AS_IS:
            return None
        raise Untreatable(NO_OTHER if treatment == SWAPPED else NO_PICTURE)
    with default_storage.open(picture.name) as file:
        image = Image(picture.digest, file.read())
    if treatment not in TREATED:
        return image
    treated = treat(image.jpeg, treatment, picture.digest)
    return Image(treated.digest, treated.jpeg)


def _address(picture: Picture, treatment: str) -> str:
    return (
        reverse("treated-example", args=[picture.digest, treatment]) if treatment in TREATED else thumbnail_url(picture)
    )


def prompts_try(
    *,
    backend: str,
    model: str,
    base_urls: Sequence[str],
    config: Mapping[str, Any],
    sampled: Sequence[Sampled],
    relations: Sequence[str],
) -> list[Tried]:
    """A relation each, in turn. Raises RunRefused where no server answers in time or may be asked."""
    if backend not in BACKENDS:
        raise RunRefused("Words are tried with the baseline or a model server; others answer too late for a page")
    if not sampled:
        raise RunRefused("There is no co-buy in this choice to try the words on; choose other imports or categories")
    run = Run(backend=backend, model=model, base_urls=list(base_urls), config=dict(config))
    try:
        asked = [relations[n % len(relations)] for n in range(len(sampled))]
        found = asyncio.run(_tried(run, Options.from_config(config), [each.pair for each in sampled], asked))
    except TimeoutError as error:
        raise RunRefused(f"The three co-buys were not answered within {WAITS_S} s: is the server busy?") from error
    except (BackendAway, Unfit, PromptError) as error:
        raise RunRefused(str(error)) from error
    return [Tried(shown, relation, *each) for shown, relation, each in zip(sampled, asked, found, strict=True)]


async def _tried(
    run: Run, options: Options, pairs: Sequence[PairRecord | None], relations: Sequence[str]
) -> list[tuple]:
    async with run_backend(run, options=options) as opened, asyncio.timeout(WAITS_S):
        await opened.check()
        asked = (_ask(opened, options, *each) for each in zip(pairs, relations, strict=True))
        return list(await asyncio.gather(*asked))


async def _ask(backend: Backend, options: Options, pair: PairRecord | None, relation: str) -> tuple:
    features: tuple[Outcome[str] | None, ...] = (None, None)
    if pair is None:
        return features, None, None
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
