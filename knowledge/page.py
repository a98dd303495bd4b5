"""What the knowledge base's pages show of an intention: the pipeline's side of it, and what people said."""

from collections.abc import Sequence

from django.urls import reverse

from annotation.models import Judgment
from annotation.scales import Question
from common.counting import is_first, is_included, rated_q
from distillation.catalog.pairs import pair_shown, title_shown
from distillation.catalog.pictures.urls import picture_url
from distillation.models import Intention, Product, Run, RunProduct
from distillation.pipeline.relations import RELATIONS
from knowledge.search import Votes, votes_on

IMPORTED = "imported"
OTHERS, JUDGMENTS = 200, 200
AUDITED: dict[bool | None, str] = {True: "right", False: "wrong"}


def rows(keys: Sequence[int]) -> list[dict]:
    intentions = Intention.objects.for_page().in_bulk(keys)
    votes = votes_on(keys)
    return [_row(intentions[key], votes.get(key)) for key in keys if key in intentions]


def by_pair(rows: Sequence[dict]) -> list[dict]:
    """The rows of each pair of products together; pairs and rows in the order in which they came."""
    pairs: dict[int, list[dict]] = {}
    for row in rows:
        pairs.setdefault(row["intention"].cobuy_id, []).append(row)
    return [_pair(found) for found in pairs.values()]


def _pair(found: Sequence[dict]) -> dict:
    cobuy = found[0]["intention"].cobuy
    asins = (cobuy.a.asin, cobuy.b.asin)
    return {
        "id": cobuy.pk,
        "products": [
            {"title": title, "thumbnail": thumbnail, "url": reverse("product", args=[asin])}
            for title, thumbnail, asin in zip(found[0]["titles"], found[0]["thumbnails"], asins, strict=True)
        ],
        "rows": found,
        "n_kept": sum(bool(row["kept"]) for row in found),
    }


def _row(intention: Intention, votes: Votes | None) -> dict:
    return {
        "intention": intention,
        "url": reverse("intention", args=[intention.pk]),
        **pair_shown(intention.cobuy),
        "votes": votes_words(votes),
        **verdict_of(intention),
    }


def verdict_of(intention: Intention) -> dict:
    """`kept` is None without a verdict."""
    verdict = getattr(intention, "verdict", None)
    if verdict is None:
        return {"verdict": None, "kept": None, "percent": ""}
    percent = "" if verdict.p_yes is None else f"{100 * verdict.p_yes:.0f}"
    return {"verdict": verdict, "kept": verdict.kept(intention.run.strictness), "percent": percent}


def votes_words(votes: Votes | None) -> str:
    if votes is None:
        return ""
    half = votes.n / 2
    found = "undecided" if votes.plausible == half else "plausible" if votes.plausible > half else "implausible"
    return f"{found}: {votes.plausible} of {votes.n} say plausible"


def maker(run: Run) -> str:
    """Who made the run's intentions: a model, rules, or somebody else."""
    if run.is_baseline:
        return "baseline: rules on titles and pixels, no model"
    return f"imported, made elsewhere by {run.model or 'an unknown model'}" if run.backend == IMPORTED else run.model


def intention_page(intention: Intention) -> dict:
    judgments = _judgments(intention)
    return {
        "intention": intention,
        "run": intention.run,
        "maker": maker(intention.run),
        "products": _products(intention),
        "votes": votes_words(votes_on([intention.pk]).get(intention.pk)),
        "judgments": judgments[:JUDGMENTS],
        "n_more_judgments": max(0, len(judgments) - JUDGMENTS),
        "others": _others(intention),
        **verdict_of(intention),
    }


def _products(intention: Intention) -> list[dict]:
    products = (intention.cobuy.a, intention.cobuy.b)
    used = RunProduct.objects.filter(run=intention.run, product__in=products).select_related("feature")
    features = {row.product_id: row.feature for row in used if row.feature}
    return [_product(product, features.get(product.pk)) for product in products]


def _product(product: Product, feature: object) -> dict:
    return {
        "product": product,
        "title": title_shown(product),
        "url": reverse("product", args=[product.asin]),
        "picture": picture_url(product.picture),
        "feature": feature,
    }


def _judgments(intention: Intention) -> list[dict]:
    made = Judgment.objects.filter(rated_q(), item__intention=intention).select_related("participant__study")
    return [_judgment(judgment) for judgment in made.prefetch_related("revisions").order_by("-pk")[: JUDGMENTS + 1]]


def _judgment(judgment: Judgment) -> dict:
    study = judgment.participant.study
    changed_later = any(revision.after_reveal for revision in judgment.revisions.all())
    marks = [
        "excluded, does not count" if not is_included(judgment.participant.state) else "",
        f"{judgment.get_kind_display()}, does not count" if not is_first(judgment.kind) else "",
        "simulated" if study.simulated else "",
        "changed after the reveal; the first ratings count" if changed_later else "",
    ]
    return {
        "judgment": judgment,
        "study": study,
        "ratings": [rating for question in study.questions if (rating := _rating(judgment, question))],
        "audit": AUDITED.get(judgment.filter_right, "not answered" if judgment.audit_asked else "not asked"),
        "marks": [mark for mark in marks if mark],
    }


def _rating(judgment: Judgment, question: Question) -> tuple[str, str] | None:
    value = getattr(judgment, question.name)
    return None if value is None else (question.short, question.label(value))


def _others(intention: Intention) -> list[dict]:
    """The pair's other intentions by relation, this run's before those of other runs."""
    rows = Intention.objects.for_page().filter(cobuy=intention.cobuy_id).exclude(pk=intention.pk).order_by("-pk")
    order = {code: place for place, code in enumerate(RELATIONS)}
    chosen = sorted(rows[:OTHERS], key=lambda row: (order[row.relation], row.run_id != intention.run_id, row.pk))
    return [{"intention": row, "url": reverse("intention", args=[row.pk]), **verdict_of(row)} for row in chosen]
