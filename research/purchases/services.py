"""A test of purchases: read, ranked, kept. Asking again with the same name, design and wrong partners replaces it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now

from common.version import __version__
from distillation.models import Run
from distillation.pipeline.options import Options
from distillation.pipeline.prompts import PromptError
from research.diversity.embedding import embedded, is_there
from research.models import PurchaseTest
from research.purchases.reading import purchases_read
from research.purchases.refusals import PurchaseTestRefused
from research.purchases.releases import release_words
from research.ranking.designs import Design, Negatives, Query, queries_draw, query_text
from research.ranking.rankers import Bm25, Embedded, Hybrid, Index, Ranker, TfIdf
from research.ranking.results import FEW, Trial, leak_of, queries_of_use, trial_results

Say = Callable[[str], object]


@dataclass(frozen=True, kw_only=True)
class Asked:
    name: str
    run: Run
    until: date
    design: Design
    negatives: Negatives
    seed: int = 0
    model_released: date | None = None
    simulated: bool = False


def purchase_test_make(*, asked: Asked, say: Say = lambda line: None) -> PurchaseTest:
    """Raises PurchaseTestRefused; then nothing is written."""
    _check(asked)
    read = purchases_read(asked.run, asked.until, asked.design, asked.seed)
    drawn = queries_draw(read.catalog, read.events, asked.negatives, np.random.default_rng(asked.seed))
    use, silent = queries_of_use(asked.design, read.intentions, drawn.queries, filtered=read.filtered)
    if not use:
        raise PurchaseTestRefused(
            f"Run {asked.run.name} says nothing of any of the {len(read.events):,} purchases after {asked.until}"
        )
    trial = Trial(asked.design, read.catalog, read.intentions, use, filtered=read.filtered, seed=asked.seed)
    rankers: dict[str, Any] = {}
    for ranker in _rankers(trial, say):
        say(f"{ranker.name}: {len(use):,} purchases")
        rankers[ranker.name] = trial_results(trial, ranker)
    return _kept(asked, {
        "queries": len(use),
        "customers": len({query.customer for query in use if query.customer >= 0}),
        "candidates": int(np.median([len(query.candidates) for query in use])),
        "left_out": {**read.left_out, **drawn.left_out, "purchases that no intention speaks of": silent},
        "filtered": read.filtered,
        "leak": leak_of(trial),
        "warnings": list(_warnings(asked, use)),
        "rankers": rankers,
    })  # fmt: skip


def _check(asked: Asked) -> None:
    if asked.until >= date.today():
        raise PurchaseTestRefused(f"--until {asked.until}: nothing has been bought after it yet; give an earlier day")
    others = PurchaseTest.objects.filter(name=asked.name).exclude(run=asked.run, until=asked.until)
    if other := others.select_related("run").first():
        raise PurchaseTestRefused(
            f"{asked.name} is a test of run {other.run.name} until {other.until}: use another name for this one"
        )
    one_sided = _is_one_sided(asked.run)
    if asked.design == "one-sided" and not one_sided:
        raise PurchaseTestRefused(
            f"Run {asked.run.name} saw both products: start one with distill --prompts one-sided-1, or give "
            "--design transfer"
        )
    if asked.design != "one-sided" and one_sided:
        raise PurchaseTestRefused(f"Run {asked.run.name} saw one product only: give --design one-sided")


def _is_one_sided(run: Run) -> bool:
    try:
        return Options.from_config(run.config).prompts.one_sided
    except PromptError:  # an import, or prompts that are gone
        return False


def _rankers(trial: Trial, say: Say) -> Iterator[Ranker]:
    index = Index(trial.catalog.titles)
    bm25, tf_idf = Bm25(index), TfIdf(index)
    yield bm25
    yield tf_idf
    if not is_there():
        say("The extra for embeddings is not installed: no MiniLM, no hybrid (requirements-embed.txt)")
        return
    minilm = _embedded(trial, say)
    yield minilm
    yield Hybrid(bm25, minilm)


def _embedded(trial: Trial, say: Say) -> Embedded:
    """Of each text that is asked for, once; of products only those that are candidates."""
    needed = sorted({int(place) for query in trial.queries for place in query.candidates})
    texts = {trial.catalog.titles[place] for place in needed}
    for arm in trial.every_arm():
        for query in trial.queries:
            if text := query_text(trial.catalog, arm, query):
                texts |= {text.title, text.added} - {""}
    ordered = sorted(texts)
    vectors = embedded(ordered, lambda share: say(f"vectors: {100 * share:.0f} %")).astype(float)
    at = {text: i for i, text in enumerate(ordered)}
    titles = np.zeros((len(trial.catalog.titles), vectors.shape[1]))
    titles[needed] = vectors[[at[trial.catalog.titles[place]] for place in needed]]
    return Embedded(titles, lambda text: vectors[at[text]])


def _warnings(asked: Asked, use: list[Query]) -> Iterator[str]:
    if asked.simulated:
        yield "The purchases are simulated: somebody made them up, and what is found here says nothing of any shop."
    if words := release_words(asked.run, asked.until, asked.model_released):
        yield words
    customers = {query.customer for query in use}
    if customers and customers != {-1} and len(customers) == 1:
        yield "All purchases are of one customer: what holds for them holds for nobody else, and there is no interval."
    if len(use) < FEW:
        yield f"Only {len(use):,} purchases could be asked about; under {FEW} little can be told."


@transaction.atomic
def _kept(asked: Asked, results: dict[str, Any]) -> PurchaseTest:
    config = {
        "seed": asked.seed,
        "strictness": asked.run.strictness,
        "model_released": asked.model_released.isoformat() if asked.model_released else None,
        "simulated": asked.simulated,
        "version": __version__,
    }
    what: dict[str, Any] = {"name": asked.name, "design": asked.design, "negatives": asked.negatives}
    values: dict[str, Any] = {"run": asked.run, "until": asked.until, "config": config, "results": results}
    try:
        PurchaseTest(**what, **values).full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise PurchaseTestRefused(f'"{asked.name}" is no name for a test: {error.messages[0]}') from error
    found, _ = PurchaseTest.objects.update_or_create(**what, defaults={**values, "created_at": Now()})
    found.refresh_from_db()
    return found
