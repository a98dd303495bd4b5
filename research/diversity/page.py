"""The words of a run's page on diversity, from what is stored: nothing is counted here."""

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from common.cached import cached
from common.words import counted, percent
from distillation.models import Run
from distillation.pipeline.relations import RELATIONS
from research.diversity.draws import OF_RELATION
from research.models import Diversity

MEASURES = ("distinct_1", "distinct_2", "self_bleu", "vendi_words")
SCOPES = {"run": "the whole run", "relation": "one relation", "cobuy": "one co-buy"}
HOW = {
    "near": (
        "All intentions are compared: words in lower case, punctuation aside, three in a row at a time. Two are near "
        "each other when at least 80 % of such triples of either are in both (Jaccard). MinHash with 24 bands of 10 "
        "proposes pairs, the exact share decides; of pairs at 85 % it finds 99.5 %. A group holds all that are joined "
        "by such pairs."
    ),
    "draws": (
        "All of these depend on how many texts there are, so each is of so many, drawn by chance again and again: the "
        "mean over the draws, and where the mean of many more would lie (95 %, Student's t). Distinct: different words "
        "or pairs of words by all. Self-BLEU: BLEU-4 of each against the others, 1 where all are the same. Vendi: the "
        "effective number of different texts, by the cosine of words and pairs of words. A relation's phrase makes "
        "intentions alike, and so do the same two products: compare a row with its own kind."
    ),
    "entropy": "How evenly intentions lie over relations, in bits: the most is log₂ of the number of relations.",
}


KEPT_FOR_S = 3600


def diversity_state(run: Run) -> dict:
    """How far its computation is, and since when there are figures."""
    kept = Diversity.objects.filter(run=run).defer("figures").first()
    computed = bool(kept and kept.computed_at)
    return {"kept": kept, "waiting": bool(kept and kept.state == Diversity.State.WANTED), "computed": computed}


def diversity_html(run: Run, kept: Diversity) -> SafeString:
    """The figures as they are shown: words that stay the same until they are computed again."""
    at = kept.computed_at.timestamp() if kept.computed_at else 0
    made = cached(
        f"diversity-{run.pk}-{at}",
        lambda: str(render_to_string("diversity/_figures.html", {"page": diversity_page(run), "run": run})),
        KEPT_FOR_S,
    )
    return mark_safe(made)  # noqa: S308 - a template of our own made it


def diversity_page(run: Run) -> dict:
    figures = Diversity.objects.get(run=run).figures
    return {
        "figures": _headline(figures) if figures else [],
        "draws": [_draw(row) for row in figures.get("draws", []) if row["draws"]],
        "too_few": "; ".join(_too_few(figures.get("draws", []))),
        "relations": [_relation(row, figures) for row in figures.get("relations", [])],
        "openings": [_frequent(row) for row in figures.get("openings", [])],
        "texts": [_frequent(row) for row in figures.get("texts", [])],
        "groups": [_group(row) for row in figures.get("duplicates", {}).get("largest", [])],
        "vectors": _vectors(figures.get("vectors")),
        "of_relation": OF_RELATION,
        "how_draws": HOW["draws"],
        "n": figures.get("n"),
    }


def short_figures(run: Run) -> tuple[str, str]:
    """(share of near-duplicates, distinct pairs of words at the smallest number of texts), where they are computed."""
    kept = Diversity.objects.filter(run=run).first()
    if kept is None or not kept.figures:
        return "", ""
    found, rows = kept.figures["duplicates"], [row for row in kept.figures["draws"] if row["scope"] == "run"]
    distinct = rows[0]["distinct_2"]["value"] if rows and rows[0]["draws"] else None
    return percent(found["n_near"] / kept.figures["n"]), "" if distinct is None else f"{distinct:.2f}"


def _headline(figures: dict) -> list[dict]:
    found, n = figures["duplicates"], figures["n"]
    length, entropy = figures["length"], figures["entropy"]
    kept = "–" if entropy["kept"] is None else f"{entropy['kept']:.2f}"
    quantiles = length.get("quantiles", {})
    return [
        {
            "key": "near", "title": "Near-duplicates", "big": percent(found["n_near"] / n), "how": HOW["near"],
            "lines": [
                f"{found['n_near']:,} of {n:,}, in {counted(found['groups'], 'group')}",
                f"of these {found['n_exact']:,} with the same words",
                f"{found['in_relation']:,} like another of their relation",
                f"{found['in_cobuy']:,} like another of their co-buy",
            ],
        },
        _drawn(figures, "distinct_2", "Distinct pairs of words"),
        {
            "key": "entropy", "title": "Entropy of relations, kept", "big": kept, "unit": "bits", "how": HOW["entropy"],
            "lines": [
                f"{entropy['made']:.2f} of all that were made",
                f"{entropy['most']:.2f} if all were alike",
                f"kept at a strictness of {figures['strictness']:g}",
            ],
        },
        {
            "key": "length", "title": "Length", "big": f"{length['mean']:.1f}", "unit": "words",
            "lines": [
                f"half have {quantiles['25']:.0f} to {quantiles['75']:.0f}",
                f"nine in ten {quantiles['5']:.0f} to {quantiles['95']:.0f}",
                f"from {length['least']:,} to {length['most']:,}",
            ],
        },
    ]  # fmt: skip


def _drawn(figures: dict, name: str, title: str) -> dict:
    """Of the largest n that the run has enough intentions for."""
    rows = [row for row in figures["draws"] if row["scope"] == "run" and row[name]["value"] is not None]
    if not rows:
        return {"key": name, "title": title, "big": "–", "lines": ["fewer than 10 intentions"]}
    row = rows[-1]
    others = [f"{_estimate(other[name])} of {other['n']}" for other in rows[:-1]]
    low, high = row[name]["ci95"] or (row[name]["value"],) * 2
    lines = [f"{low:.3f} to {high:.3f} (95 %)", f"of {row['n']} intentions at a time", *others]
    return {"key": name, "title": title, "big": f"{row[name]['value']:.3f}", "lines": lines}


def _draw(row: dict) -> dict:
    return {
        "scope": SCOPES[row["scope"]],
        "n": row["n"],
        "draws": row["draws"],
        "values": [_estimate(row[name]) for name in MEASURES],
    }


def _too_few(rows: list[dict]) -> list[str]:
    missing = {scope: [str(row["n"]) for row in rows if row["scope"] == scope and not row["draws"]] for scope in SCOPES}
    return [f"{' and '.join(sizes)} texts of {SCOPES[scope]}" for scope, sizes in missing.items() if sizes]


def _estimate(estimate: dict | None) -> str:
    if not estimate or estimate["value"] is None:
        return "–"
    digits = 1 if estimate["value"] >= 2 else 3
    if not estimate["ci95"]:
        return f"{estimate['value']:.{digits}f}"
    low, high = estimate["ci95"]
    return f"{estimate['value']:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def _relation(row: dict, figures: dict) -> dict:
    kept = sum(each["kept"] for each in figures["relations"])
    return {
        "words": RELATIONS[row["relation"]].words,
        "made": row["made"],
        "made_share": percent(row["made"] / figures["n"]),
        "kept": row["kept"],
        "kept_share": percent(row["kept"] / kept if kept else None),
        "near": percent(row["near"]),
        "length": f"{row['words']:.1f}",
        "distinct": _estimate(row.get("distinct_2")),
        "self_bleu": _estimate(row.get("self_bleu")),
    }


def _frequent(row: dict) -> dict:
    return {**row, "share": percent(row["share"], 2), "url": reverse("intention", args=[row["intention"]])}


def _group(row: dict) -> dict:
    return {**row, "url": reverse("intention", args=[row["intention"]])}


def _vectors(vectors: dict | None) -> dict | None:
    if not vectors:
        return None
    vendi = [f"{_estimate(value)} of {n}" for n, value in vectors["vendi"].items()]
    return {"n": vectors["n"], "model": vectors["model"], "vendi": ", ".join(vendi)}
