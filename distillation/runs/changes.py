"""What may be changed on a run at any time, because it is applied when reading."""

from collections.abc import Mapping
from math import inf

from django.db import transaction

from accounts.models import Deed, User
from accounts.trail import deed_record
from distillation.models import Run
from distillation.runs.services import RunRefused

PRICED = ("prompt", "cached", "completion")


@transaction.atomic
def run_set_strictness(*, run: Run, strictness: float, by: User | None = None) -> None:
    if not 0 <= strictness <= 1:
        raise RunRefused(f"Strictness {strictness}: give a probability from 0 to 1")
    before, run.strictness = run.strictness, strictness
    run.save(update_fields=["strictness"])
    deed_record(kind=Deed.Kind.STRICTNESS, by=by, about=run.name, before=before, now=strictness)


def run_set_prices(*, run: Run, prices: Mapping[str, float]) -> None:
    """Dollars per million tokens of prompt, cached and completion; what is left out is not known."""
    run.prices = {kind: prices[kind] for kind in PRICED if kind in prices}
    if not all(0 <= price < inf for price in run.prices.values()):
        raise RunRefused("A price is a number of dollars of at least 0")
    run.save(update_fields=["prices"])
