"""What a test of purchases found, in words made by rule from its figures."""

from collections.abc import Iterator
from typing import Any

from common.words import percent
from research.models import PurchaseTest

ARMS = {
    "title": "the title alone",
    "partners": "the known partners' titles",
    "shuffled": "intentions of other products",
}


def points(value: float | None) -> str:
    return "–" if value is None else f"{value:+.3f}".replace("-", "−")


def bounds(figure: dict[str, Any]) -> str:
    return f"{points(figure['ci95'][0])} to {points(figure['ci95'][1])}" if figure["ci95"] else "no interval"


def answer(test: PurchaseTest, ranker: str) -> tuple[str, str]:
    """(what may be said, in a few words; the differences behind it)."""
    found = test.results["rankers"][ranker]
    what = "Kept intentions" if test.results["filtered"] else "Intentions"
    behind = "; ".join(
        f"{points(each['value'])} MRR over {ARMS[name]} ({bounds(each)})" for name, each in found["differences"].items()
    )
    if test.is_leaky:
        return "Leaky: this says nothing of whether intentions predict purchases.", f"{behind}. {leak_words(test)}"
    if found["predicts"]:
        beaten = "the titles they were written from" if "partners" in found["differences"] else "the title"
        return f"Yes, {what.lower()} tell more of purchases than {beaten}.", f"{what}: {behind}."
    missed = [ARMS[name] for name, each in found["differences"].items() if not each["ci95"] or each["ci95"][0] <= 0]
    return f"Not shown: {what.lower()} do not clearly beat {' nor '.join(missed)}.", f"{what}: {behind}."


def leak_words(test: PurchaseTest) -> str:
    leak = test.results["leak"]
    if leak["share"] is None:
        return ""
    whom = "the very partner" if test.is_leaky else "the partner to be predicted"
    return (
        f"{percent(leak['share'], 0)} of {leak['intentions']:,} intentions name {whom}: they hold a word of its title "
        "that the product's own title has not."
    )


def test_lines(test: PurchaseTest) -> Iterator[str]:
    results = test.results
    yield (
        f"{test.get_design_display()}, {results['queries']:,} purchases after {test.until}, {results['candidates']} "
        f"candidates each, wrong partners {test.get_negatives_display()}"
    )
    for warning in results["warnings"]:
        yield f"Warning: {warning}"
    for reason, n in results["left_out"].items():
        if n:
            yield f"  left out: {n:,} x {reason}"
    yield leak_words(test)
    for ranker, found in results["rankers"].items():
        yield f"{ranker}: {' '.join(answer(test, ranker))}"
        for arm in found["arms"]:
            mrr, hits = arm["mrr"], arm["hits@10"]
            yield f"  {arm['title']}: MRR {mrr['value']:.3f}, hits@10 {percent(hits['value'])}, n {arm['queries']:,}"
