"""A shop of 60 products with co-buys before and after a day, a run over them, and tests of purchases as rows."""

from datetime import UTC, date, datetime

from distillation.models import CoBuy, Product, Run
from research.models import PurchaseTest
from tests.distillation.builders import finished_run

UNTIL = date(2018, 9, 1)
BEFORE, AFTER = datetime(2018, 3, 1, tzinfo=UTC), datetime(2019, 3, 1, tzinfo=UTC)


def shop(n: int = 60) -> list[Product]:
    """Product i is bought with i + 1 before the day where i is even, with i + 2 after it where 4 divides i."""
    made = Product.objects.bulk_create(
        Product(asin=f"S{i:03d}", title=f"thing{i} colour{i % 7}", category="odd" if i % 2 else "even")
        for i in range(n)
    )
    pairs = [(i, i + 1, BEFORE) for i in range(0, n - 1, 2)] + [(i, i + 2, AFTER) for i in range(0, n - 2, 4)]
    CoBuy.objects.bulk_create(CoBuy(a=made[i], b=made[j], bought_at=at, n_buyers=1) for i, j, at in pairs)
    return made


def shop_run() -> Run:
    return finished_run(name="shop")


def purchase_row(run: Run, name: str = "seen", **more: object) -> PurchaseTest:
    """As the service makes one, of nothing."""
    figure = {"value": 0.5, "ci95": [0.4, 0.6], "n": 9}
    arm = {"name": "title", "title": "Title of A", "note": "baseline", "queries": 9}
    arms = [arm | dict.fromkeys(("mrr", "hits@1", "hits@10"), figure)]
    found = {"queries": 9, "arms": arms, "main": "all", "differences": {"title": figure}, "over_title": {},
             "predicts": True, "by_relation": [], "by_category": [], "by_label": [], "kept_rejected": None}  # fmt: skip
    results = {"queries": 9, "customers": 0, "candidates": 100, "left_out": {}, "filtered": False, "warnings": [],
               "leak": {"naming": 0, "intentions": 9, "share": 0.0}, "rankers": {"bm25": found}}  # fmt: skip
    values = {"until": UNTIL, "design": "transfer", "negatives": "random", "config": {"strictness": 0.5}}
    return PurchaseTest.objects.create(name=name, run=run, results=results, **{**values, **more})
