"""What may be changed on a run at any time, because it is applied when reading."""

from collections.abc import Mapping
from math import inf

from distillation.models import Run
from distillation.runs.services import RunRefused

PRICED = ("prompt", "cached", "completion")


def run_set_strictness(*, run: Run, strictness: float) -> None:
    if not 0 <= strictness <= 1:
        raise RunRefused(f"Strictness {strictness}: give a probability from 0 to 1")
    run.strictness = strictness
    run.save(update_fields=["strictness"])


def run_set_prices(*, run: Run, prices: Mapping[str, float]) -> None:
    """Dollars per million tokens of prompt, cached and completion; what is left out is not known."""
    run.prices = {kind: prices[kind] for kind in PRICED if kind in prices}
    if not all(0 <= price < inf for price in run.prices.values()):
        raise RunRefused("A price is a number of dollars of at least 0")
    run.save(update_fields=["prices"])
